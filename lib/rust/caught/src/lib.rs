//! Keeps panics inside of Rust: what a call across the C interface gave, or in one line why it gave nothing.

use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Once;

/// What `work` gives; its error, or `what` with the text of its panic, as one line. Leaves what `work` changed as it
/// is then.
pub fn caught<T, E: ToString>(what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| one_line(&error.to_string())),
        Err(panic) => Err(one_line(&format!("{what}: {}", panic_text(&*panic)))),
    }
}

/// A panic prints nothing from now on, since its text is returned.
pub fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it gave no reason")
}

/// Never empty, so that an error is never taken for success.
fn one_line(message: &str) -> String {
    const LONGEST: usize = 500;
    let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if line.trim().is_empty() {
        "it gave no reason".into()
    } else {
        line
    }
}
