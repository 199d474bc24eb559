//! Lets the event loop breathe between the steps of a long job. A message to oneself comes at once, where a timer
//! of nought waits four milliseconds after the fifth time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use futures_channel::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort};

#[derive(Clone)]
pub struct Breather {
    waiting: Rc<RefCell<VecDeque<oneshot::Sender<()>>>>,
    bell: Option<MessagePort>,
    _ear: Rc<Closure<dyn FnMut()>>,
}

impl Breather {
    pub fn new() -> Breather {
        let waiting: Rc<RefCell<VecDeque<oneshot::Sender<()>>>> = Rc::default();
        let queue = waiting.clone();
        let ear = Closure::<dyn FnMut()>::new(move || {
            if let Some(next) = queue.borrow_mut().pop_front() {
                let _ = next.send(());
            }
        });
        let bell = MessageChannel::new().ok().map(|channel| {
            channel.port1().set_onmessage(Some(ear.as_ref().unchecked_ref()));
            channel.port2()
        });
        Breather { waiting, bell, _ear: Rc::new(ear) }
    }

    pub async fn breathe(&self) {
        let Some(bell) = &self.bell else { return };
        let (rung, turn) = oneshot::channel();
        self.waiting.borrow_mut().push_back(rung);
        if bell.post_message(&JsValue::NULL).is_ok() {
            let _ = turn.await;
        }
    }
}

impl Default for Breather {
    fn default() -> Breather {
        Breather::new()
    }
}

impl fmt::Debug for Breather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Breather")
    }
}
