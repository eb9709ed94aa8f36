;; C++ exceptions in the legacy encoding, as all platforms up to now use it.
(module
  (tag $cpp (param i32))
  (func (export "guarded") (result i32) (local i64)
    try (result i32)
      i32.const 1
      throw $cpp
    catch $cpp
      drop
      i32.const 2
      br_table 0 0 0
    catch_all
      rethrow 0
    end)
  (func
    try
      try
        nop
      delegate 0
    catch_all
    end))
