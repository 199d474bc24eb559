//! A rail or row of places with one current. Links in meaning, so arrow keys are not stolen from the page.

use yew::prelude::*;

use super::dom;
use super::icon::{Icon, Sign};

#[derive(Clone, Debug, PartialEq)]
pub struct Tab {
    pub id: AttrValue,
    pub label: AttrValue,
    pub icon: Option<Sign>,
    /// A small count behind the label; 0 shows none.
    pub count: u64,
}

#[derive(Properties, PartialEq)]
pub struct RailProps {
    /// Says what the places belong to.
    pub label: AttrValue,
    pub tabs: Vec<Tab>,
    pub current: AttrValue,
    pub onchoose: Callback<AttrValue>,
    #[prop_or_default]
    pub class: Classes,
}

#[component]
pub fn Rail(props: &RailProps) -> Html {
    let nav = use_node_ref();
    // In a row that is longer than the screen the current place may have been chosen elsewhere, or the tablet turned.
    use_effect_with(props.current.clone(), {
        let nav = nav.clone();
        move |_| {
            dom::reveal_current(&nav);
            let turned = dom::on_resize(move || dom::reveal_current(&nav));
            move || drop(turned)
        }
    });
    html! {
        <nav ref={nav} class={classes!("rail", props.class.clone())} aria-label={props.label.clone()}>
            <ul>
                for tab in props.tabs.clone() {
                    <li key={tab.id.to_string()}>
                        <button
                            type="button"
                            class="rail-item"
                            aria-current={(tab.id == props.current).then_some("page")}
                            onclick={let told = props.onchoose.clone(); let id = tab.id.clone(); move |_: MouseEvent| told.emit(id.clone())}
                        >
                            if let Some(sign) = tab.icon { <Icon {sign} /> }
                            <span class="rail-label">{ tab.label }</span>
                            if tab.count > 0 { <span class="count">{ tab.count }</span> }
                        </button>
                    </li>
                }
            </ul>
        </nav>
    }
}
