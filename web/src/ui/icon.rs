//! The icons, drawn as strokes on a 24 grid. Always decoration: the word stands beside them or in the label.

use yew::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Today,
    Find,
    Person,
    PersonAdd,
    Chart,
    Visit,
    Exchange,
    Import,
    Export,
    Devices,
    Conflict,
    Audit,
    Settings,
    Shield,
    Lock,
    Menu,
    Close,
    Check,
    Plus,
    Edit,
    Trash,
    Back,
    Forward,
    Down,
    Up,
    Warning,
    Info,
    Allergy,
    Pill,
    Heart,
    Flask,
    Syringe,
    Document,
    Timeline,
    Problem,
    Clock,
    Sync,
    Offline,
    Eye,
    EyeOff,
    Camera,
    Keyboard,
    Globe,
    Sun,
    Undo,
    Print,
    Lamp,
    QrCode,
    Sign,
    Search,
}

#[derive(Properties, PartialEq)]
pub struct IconProps {
    pub sign: Sign,
    #[prop_or_default]
    pub class: Classes,
}

#[component]
pub fn Icon(props: &IconProps) -> Html {
    html! {
        <svg class={classes!("icon", props.class.clone())} viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            { for strokes(props.sign).iter().map(|d| html! { <path d={*d} /> }) }
        </svg>
    }
}

/// The paths of an icon.
fn strokes(sign: Sign) -> &'static [&'static str] {
    match sign {
        Sign::Today => &["M4 11 12 4l8 7", "M6 10v10h12V10", "M10 20v-6h4v6"],
        Sign::Find | Sign::Search => &["M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14z", "m16 16 4.5 4.5"],
        Sign::Person => &["M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5"],
        Sign::PersonAdd => {
            &["M10 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M3 20c.8-4 3.5-5.5 7-5.5s6.2 1.5 7 5.5", "M19 7v6", "M16 10h6"]
        }
        Sign::Chart => &["M6 3h9l4 4v14H6z", "M15 3v4h4", "M9 12h6", "M9 16h6"],
        Sign::Visit => &["M9 4h6v3H9z", "M9 5H6v16h12V5h-3", "M12 11v6", "M9 14h6"],
        Sign::Exchange => &["M7 20V5", "m3.5 8.5 3.5-3.5 3.5 3.5", "M17 4v15", "m13.5 15.5 3.5 3.5 3.5-3.5"],
        Sign::Import => &["M12 4v11", "m7.5 10.5 4.5 4.5 4.5-4.5", "M4 20h16"],
        Sign::Export => &["M12 15V4", "m7.5 8.5 4.5-4.5 4.5 4.5", "M4 20h16"],
        Sign::Devices => &["M3 5h12v14H3z", "M18 9h3v10h-3z", "M8 16h2"],
        Sign::Conflict => &[
            "M12 21v-7",
            "M12 14C12 9 6 10 6 3",
            "M12 14c0-5 6-4 6-11",
            "m3.5 5.5L6 3l2.5 2.5",
            "m15.5 5.5L18 3l2.5 2.5",
        ],
        Sign::Audit => &["M5 4h14v16H5z", "M8.5 8.5h7", "M8.5 12h7", "M8.5 15.5H13"],
        Sign::Settings => {
            &["M4 7h10", "M18 7h2", "M16 5v4", "M4 12h3", "M11 12h9", "M9 10v4", "M4 17h10", "M18 17h2", "M16 15v4"]
        }
        Sign::Shield => &["M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6z", "m9 12 2.2 2.200L15.5 10"],
        Sign::Lock => &["M5.5 11h13v9.5h-13z", "M8.5 11V7.5a3.5 3.5 0 0 1 7 0V11", "M12 15v2"],
        Sign::Menu => &["M4 7h16", "M4 12h16", "M4 17h16"],
        Sign::Close => &["m6 6 12 12", "M18 6 6 18"],
        Sign::Check => &["m5 12.5 4.5 4.5L19 7.5"],
        Sign::Plus => &["M12 5v14", "M5 12h14"],
        Sign::Edit => &["M4 20h4L19.5 8.5l-4-4L4 16z", "m13 7 4 4"],
        Sign::Trash => &["M5 7h14", "M9.5 7V4h5v3", "M7 7l.8 13h8.400L17 7"],
        Sign::Back => &["m14.5 5.5-6.5 6.5 6.5 6.5"],
        Sign::Forward => &["m9.5 5.5 6.5 6.5-6.5 6.5"],
        Sign::Down => &["m5.5 9.5 6.5 6.5 6.5-6.5"],
        Sign::Up => &["m5.5 14.5 6.5-6.5 6.5 6.5"],
        Sign::Warning => &["M12 4 2.5 20h19z", "M12 10v5", "M12 17.300v.2"],
        Sign::Info => &["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 11v5.5", "M12 7.5v.2"],
        Sign::Allergy => {
            &["M8.2 3.5h7.600l4.7 4.700v7.600l-4.7 4.700H8.200l-4.7-4.700V8.200z", "M12 7.5v5.5", "M12 16.200v.2"]
        }
        Sign::Pill => &["M10.5 20.5a5 5 0 0 1-7-7l10-10a5 5 0 0 1 7 7z", "m8.5 8.5 7 7"],
        Sign::Heart => &["M3 12h4l2.5-6 4.5 12 2.5-6H21"],
        Sign::Flask => &["M9.5 3.5h5", "M10.5 3.5V10L5 20.5h14L13.5 10V3.5", "M8 15h8"],
        Sign::Syringe => &["m17 3 4 4", "m19 5-3 3", "m13 5 6 6", "M17.5 9.5 9 18H6v-3l8.5-8.5", "m6 18-3 3"],
        Sign::Document => &["M6 3h9l4 4v14H6z", "M15 3v4h4"],
        Sign::Timeline => &["M7 4v16", "M7 7h12", "M7 12h9", "M7 17h12", "M5 7h.1", "M5 12h.1", "M5 17h.1"],
        Sign::Problem => &["M5 21V4", "M5 5h12l-2.5 4 2.5 4H5"],
        Sign::Clock => &["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 7.5V12l3 2.5"],
        Sign::Sync => {
            &["M20 11a8 8 0 0 0-14-4.5L4 8.5", "M4 4v4.5h4.5", "M4 13a8 8 0 0 0 14 4.5l2-2", "M20 20v-4.5h-4.5"]
        }
        Sign::Offline => &["M3 9.5a13 13 0 0 1 18 0", "M6.5 13a8 8 0 0 1 11 0", "M12 18v.2", "m4 20 16-16"],
        Sign::Eye => &[
            "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z",
            "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
        ],
        Sign::EyeOff => &[
            "M4 8c-1 1.5-1.5 4-1.5 4S6 18.5 12 18.5c2 0 3.6-.7 5-1.6",
            "M9 6a9 9 0 0 1 3-.5c6 0 9.5 6.5 9.5 6.5l-2 3",
            "m4 4 16 16",
        ],
        Sign::Camera => &["M3 7.5h4.5L9 5h6l1.5 2.5H21V19H3z", "M12 10a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.400z"],
        Sign::Keyboard => &["M2.5 6.5h19v11h-19z", "M6 10h.1", "M10 10h.1", "M14 10h.1", "M18 10h.1", "M8 14h8"],
        Sign::Globe => &[
            "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
            "M3.5 12h17",
            "M12 3.5c3 2.5 3.5 6 3.5 8.5s-.5 6-3.5 8.5c-3-2.5-3.5-6-3.5-8.5s.5-6 3.5-8.5z",
        ],
        Sign::Sun => &[
            "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
            "M12 2.5v2",
            "M12 19.5v2",
            "M2.5 12h2",
            "M19.5 12h2",
            "m5.3 5.3 1.4 1.4",
            "m17.3 17.3 1.4 1.4",
            "m5.3 18.7 1.4-1.4",
            "m17.3 6.7 1.4-1.4",
        ],
        Sign::Undo => &["M9 5 4 10l5 5", "M4 10h10a5.5 5.5 0 0 1 0 11h-3"],
        Sign::Print => &["M7 9V3.5h10V9", "M7 17H4V9h16v8h-3", "M7 14h10v6.5H7z"],
        Sign::Lamp => &[
            "M9 3h6",
            "M12 3v3",
            "M8 6h8l1.5 4v7L16 20H8l-1.5-3v-7z",
            "M12 10.5c1.8 2 1.8 4.5 0 5.5-1.8-1-1.8-3.5 0-5.5z",
        ],
        Sign::QrCode => {
            &["M4 4h6v6H4z", "M14 4h6v6h-6z", "M4 14h6v6H4z", "M14 14h2v2h-2z", "M18 14h2", "M14 19h2", "M19 18v2"]
        }
        Sign::Sign => &["M4 19h16", "M5 15c3-8 6-11 8-10s-1 7-4 9c3-3 6-3 6-1s2 1.5 4 0"],
    }
}
