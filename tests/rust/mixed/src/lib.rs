//! Functions of C and C++ in a module written against Python's C API.

use pyo3_ffi::*;
use std::ffi::{c_int, c_long};
use std::ptr;

extern "C" {
    fn mixed_digits(number: c_int) -> c_int;
    fn mixed_half(number: c_int) -> c_int;
}

unsafe extern "C" fn digits(_module: *mut PyObject, number: *mut PyObject) -> *mut PyObject {
    PyLong_FromLong(mixed_digits(PyLong_AsLong(number) as c_int) as c_long)
}

unsafe extern "C" fn half(_module: *mut PyObject, number: *mut PyObject) -> *mut PyObject {
    PyLong_FromLong(mixed_half(PyLong_AsLong(number) as c_int) as c_long)
}

static mut METHODS: [PyMethodDef; 3] = [
    PyMethodDef {
        ml_name: c"digits".as_ptr(),
        ml_meth: PyMethodDefPointer { PyCFunction: digits },
        ml_flags: METH_O,
        ml_doc: ptr::null(),
    },
    PyMethodDef {
        ml_name: c"half".as_ptr(),
        ml_meth: PyMethodDefPointer { PyCFunction: half },
        ml_flags: METH_O,
        ml_doc: ptr::null(),
    },
    PyMethodDef::zeroed(),
];

static mut MODULE: PyModuleDef = PyModuleDef {
    m_base: PyModuleDef_HEAD_INIT,
    m_name: c"mixed".as_ptr(),
    m_doc: ptr::null(),
    m_size: 0,
    m_methods: ptr::addr_of_mut!(METHODS).cast(),
    m_slots: ptr::null_mut(),
    m_traverse: None,
    m_clear: None,
    m_free: None,
};

#[no_mangle]
pub unsafe extern "C" fn PyInit_mixed() -> *mut PyObject {
    PyModule_Create(ptr::addr_of_mut!(MODULE))
}
