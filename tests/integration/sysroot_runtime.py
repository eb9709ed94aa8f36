"""Runs in the runtime: what it says of its own types and configuration, beside what the probe says."""

import array
import ctypes
import datetime as dt
import json
import struct
import sys
import sysconfig
import types
import weakref

import sysroot_probe

TYPES = {
    "PyObject": object,
    "PyHeapTypeObject": type,
    "PyFloatObject": float,
    "PyComplexObject": complex,
    "PyUnicodeObject": str,
    "PyListObject": list,
    "PyDictObject": dict,
    "PySetObject": set,
    "PyByteArrayObject": bytearray,
    "PyCFunctionObject": types.BuiltinFunctionType,
    "PySliceObject": slice,
    "PyFunctionObject": types.FunctionType,
    "PyMethodObject": types.MethodType,
    "PyCellObject": types.CellType,
    "PyBaseExceptionObject": BaseException,
    "PyOSErrorObject": OSError,
    "PyStopIterationObject": StopIteration,
    "PySyntaxErrorObject": SyntaxError,
    "PyImportErrorObject": ImportError,
    "PyUnicodeErrorObject": UnicodeDecodeError,
    "PySystemExitObject": SystemExit,
    "PyWeakReference": weakref.ReferenceType,
    "PyMethodDescrObject": types.MethodDescriptorType,
    "PyDateTime_Date": dt.date,
    "PyDateTime_DateTime": dt.datetime,
    "PyDateTime_Delta": dt.timedelta,
}


def function() -> None:
    """Any."""


thing = sysroot_probe.Thing()
thing.whole = 21
sys.stdout.write(
    json.dumps(
        {
            "probe": sysroot_probe.facts(),
            "basicsize": {name: kind.__basicsize__ for name, kind in TYPES.items()},
            "offsets": {
                "PyLongObject.long_value.ob_digit": int.__basicsize__,
                "PyTupleObject.ob_item": (()).__sizeof__()
                if sys.version_info < (3, 14)
                else tuple.__basicsize__,
                "PyBytesObject.ob_sval": bytes.__basicsize__ - 1,
                "PyMemoryViewObject.ob_array": memoryview.__basicsize__,
                "PyTypeObject.tp_weaklist": type.__weakrefoffset__,
                "PyTypeObject.tp_dict": type.__dictoffset__,
                "PyFunctionObject.func_dict": types.FunctionType.__dictoffset__,
                "PyFunctionObject.func_weakreflist": types.FunctionType.__weakrefoffset__,
                "PyCFunctionObject.m_weakreflist": types.BuiltinFunctionType.__weakrefoffset__,
                "PySetObject.weakreflist": set.__weakrefoffset__,
                "PyBaseExceptionObject.dict": BaseException.__dictoffset__,
            },
            "sizes": {
                "digit": int.__itemsize__,
                "PyASCIIObject": "".__sizeof__() - 1,
                "PyCompactUnicodeObject": (chr(233) * 2).__sizeof__() - 3,
                "char": struct.calcsize("c"),
                "short": struct.calcsize("h"),
                "int": struct.calcsize("i"),
                "long": struct.calcsize("l"),
                "long long": struct.calcsize("q"),
                "void *": struct.calcsize("P"),
                "size_t": struct.calcsize("N"),
                "Py_ssize_t": struct.calcsize("n"),
                "float": struct.calcsize("f"),
                "double": struct.calcsize("d"),
                "_Bool": struct.calcsize("?"),
                "wchar_t": ctypes.sizeof(ctypes.c_wchar),
                "Py_UCS4": array.array("I").itemsize,
                "time_t": ctypes.sizeof(ctypes.c_time_t),
                "Py_hash_t": sys.hash_info.width // 8,
                "long double": sysconfig.get_config_var("SIZEOF_LONG_DOUBLE"),
                "off_t": sysconfig.get_config_var("SIZEOF_OFF_T"),
                "pid_t": sysconfig.get_config_var("SIZEOF_PID_T"),
                "fpos_t": sysconfig.get_config_var("SIZEOF_FPOS_T"),
                "uintptr_t": sysconfig.get_config_var("SIZEOF_UINTPTR_T"),
            },
            "config": {
                name: value
                for name, value in sysconfig.get_config_vars().items()
                if isinstance(value, int | str)
            },
            "version": sys.version.split()[0],
            "hexversion": sys.hexversion,
            "view": sysroot_probe.view(memoryview(bytes(24)).cast("H", (3, 4))),
            "state": sysroot_probe.state(),
            "methods": [
                (one.__name__, one.__doc__)
                for one in (sysroot_probe.facts, sysroot_probe.view, sysroot_probe.state)
            ],
            "thing": {
                "size": sysroot_probe.Thing.__basicsize__,
                "size_read": sysroot_probe.basicsize,
                "type_name": sysroot_probe.type_name,
                "members": (thing.whole, thing.real, thing.text, thing.any is ..., thing.size),
                "doubled": thing.doubled,
                "doc": sysroot_probe.Thing.real.__doc__,
            },
            "doc": sysroot_probe.__doc__,
        }
    )
)
