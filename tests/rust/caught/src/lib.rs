//! Panics that are caught, in a module written against Python's C API.

use pyo3_ffi::*;
use std::ffi::c_long;
use std::{panic, ptr};

struct Guard<'a>(&'a mut c_long);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        *self.0 += 100;
    }
}

fn grow(number: c_long, seen: &mut c_long) -> c_long {
    let _guard = Guard(seen);
    if number > 2 {
        panic!("{number} is more than 2");
    }
    number
}

/// The number itself; for one that makes a panic, minus what the destructors have counted meanwhile.
unsafe extern "C" fn guarded(_module: *mut PyObject, number: *mut PyObject) -> *mut PyObject {
    let number = PyLong_AsLong(number);
    let mut seen = 0;
    let result = panic::catch_unwind(panic::AssertUnwindSafe(|| grow(number, &mut seen)));
    PyLong_FromLong(result.unwrap_or(-seen))
}

static mut METHODS: [PyMethodDef; 2] = [
    PyMethodDef {
        ml_name: c"guarded".as_ptr(),
        ml_meth: PyMethodDefPointer { PyCFunction: guarded },
        ml_flags: METH_O,
        ml_doc: ptr::null(),
    },
    PyMethodDef::zeroed(),
];

static mut MODULE: PyModuleDef = PyModuleDef {
    m_base: PyModuleDef_HEAD_INIT,
    m_name: c"caught".as_ptr(),
    m_doc: ptr::null(),
    m_size: 0,
    m_methods: ptr::addr_of_mut!(METHODS).cast(),
    m_slots: ptr::null_mut(),
    m_traverse: None,
    m_clear: None,
    m_free: None,
};

/// Called by the interpreter.
#[no_mangle]
pub unsafe extern "C" fn PyInit_caught() -> *mut PyObject {
    PyModule_Create(ptr::addr_of_mut!(MODULE))
}
