//! The suite every store passes: native memory and IndexedDB alike.
