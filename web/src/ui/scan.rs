//! Reads a QR code with the camera, where the browser has a barcode detector. The picture goes nowhere.

use std::cell::Cell;
use std::rc::Rc;

use gloo::timers::future::TimeoutFuture;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{MediaStream, MediaStreamConstraints};
use yew::prelude::*;

use super::button::Button;
use super::notice::{Notice, Tone};
use crate::i18n::t;

/// How often the picture is looked at.
const EVERY_MS: u32 = 250;

pub fn can_scan() -> bool {
    detector_class().is_some() && web_sys::window().is_some_and(|w| w.navigator().media_devices().is_ok())
}

#[derive(Properties, PartialEq)]
pub struct ScanProps {
    /// The text of every code seen; stop showing this once it is the right one.
    pub onread: Callback<String>,
    pub onstop: Callback<()>,
}

#[component]
pub fn Scan(props: &ScanProps) -> Html {
    let video = use_node_ref();
    let refused = use_state(|| false);
    {
        let (video, onread, refused) = (video.clone(), props.onread.clone(), refused.setter());
        use_effect_with((), move |()| {
            let going = Rc::new(Cell::new(true));
            let still = going.clone();
            spawn_local(async move {
                if watch(&video, &onread, &still).await.is_err() && still.get() {
                    refused.set(true);
                }
            });
            move || going.set(false)
        });
    }
    html! {
        <div class="scan">
            if *refused {
                <Notice tone={Tone::Warning} alert=true>{ t("scan-refused") }</Notice>
            } else {
                <video ref={video} autoplay=true playsinline=true muted=true aria-label={t("scan-label")} />
            }
            <Button label={t("cancel")} onclick={props.onstop.clone()} />
        </div>
    }
}

async fn watch(video: &NodeRef, onread: &Callback<String>, still: &Cell<bool>) -> Result<(), JsValue> {
    let Some(element) = video.cast::<web_sys::HtmlElement>() else { return Ok(()) };
    let stream = camera().await?;
    Reflect::set(&element, &"srcObject".into(), &stream)?;
    let looked = look(&element, onread, still).await;
    stop(&stream);
    looked
}

async fn look(element: &web_sys::HtmlElement, onread: &Callback<String>, still: &Cell<bool>) -> Result<(), JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"formats".into(), &Array::of1(&"qr_code".into()))?;
    let class = detector_class().ok_or(JsValue::NULL)?;
    let detector = Reflect::construct(&class, &Array::of1(&options))?;
    let detect: Function = Reflect::get(&detector, &"detect".into())?.dyn_into()?;
    while still.get() {
        TimeoutFuture::new(EVERY_MS).await;
        let Ok(looking) = detect.call1(&detector, element) else { continue };
        // A frame that is not ready yet is no fault.
        let Ok(found) = JsFuture::from(Promise::from(looking)).await else { continue };
        for code in Array::from(&found).iter() {
            if let Some(text) = Reflect::get(&code, &"rawValue".into()).ok().and_then(|v| v.as_string())
                && still.get()
            {
                onread.emit(text);
            }
        }
    }
    Ok(())
}

async fn camera() -> Result<MediaStream, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let wanted = MediaStreamConstraints::new();
    let facing = Object::new();
    Reflect::set(&facing, &"facingMode".into(), &"environment".into())?;
    wanted.set_video(&facing);
    let asked = window.navigator().media_devices()?.get_user_media_with_constraints(&wanted)?;
    JsFuture::from(asked).await.map(JsCast::unchecked_into)
}

fn stop(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        if let Ok(stop) = Reflect::get(&track, &"stop".into()).and_then(|f| f.dyn_into::<Function>()) {
            let _ = stop.call0(&track);
        }
    }
}

fn detector_class() -> Option<Function> {
    Reflect::get(&web_sys::window()?.into(), &"BarcodeDetector".into()).ok()?.dyn_into().ok()
}
