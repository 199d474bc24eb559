//! The browser's clock and its time zone.

use js_sys::Date;
use lucerna_shared::base::Timestamp;
use lucerna_shared::port::Clock;
use wasm_bindgen::JsValue;

#[derive(Clone, Copy, Debug, Default)]
pub struct BrowserClock;

impl Clock for BrowserClock {
    fn now(&self) -> Timestamp {
        Timestamp(Date::now() as i64)
    }

    fn utc_offset_minutes(&self, at: Timestamp) -> i32 {
        // The browser counts how far local time is behind UTC.
        -(Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset() as i32)
    }
}
