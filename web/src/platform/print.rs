//! The browser's print dialog. What prints is what the print styles leave on the page.

use gloo::utils::window;

pub fn print() {
    // Refused only inside a sandboxed frame, which the app's headers forbid.
    let _ = window().print();
}
