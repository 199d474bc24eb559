//! When the engine stops on a bug, the console learns where in the code, and nothing of what was being done.

use wasm_bindgen::JsValue;

pub(super) fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        web_sys::console::error_1(&JsValue::from_str(&format!("the engine stopped at {place}")));
    }));
}
