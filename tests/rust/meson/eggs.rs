//! A function for C, which catches what it throws itself.

#[no_mangle]
pub extern "C" fn eggs(count: i32) -> i32 {
    let laid = std::panic::catch_unwind(|| {
        assert!(count < 5, "too many");
        count + 1
    });
    laid.unwrap_or(-1)
}
