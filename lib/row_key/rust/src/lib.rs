//! Behind ../c_abi.h, which documents the functions here: BLAKE3.

use std::slice::from_raw_parts;

/// # Safety
/// As the header says.
#[no_mangle]
pub unsafe extern "C" fn infer_row_key_context(bytes: *const u8, size: usize, context: *mut [u8; 32]) {
    unsafe { *context = *blake3::hash(from_raw_parts(bytes, size)).as_bytes() };
}

/// # Safety
/// As the header says.
#[no_mangle]
pub unsafe extern "C" fn infer_row_key(context: *const [u8; 32], bytes: *const u8, size: usize, key: *mut [u8; 16]) {
    let digest = unsafe { blake3::keyed_hash(&*context, from_raw_parts(bytes, size)) };
    unsafe { (*key).copy_from_slice(&digest.as_bytes()[..16]) };
}
