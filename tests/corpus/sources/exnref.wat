;; C++ exceptions in the standard encoding.
(module
  (tag $cpp (param i32))
  (func (export "guarded") (result i32)
    (block $caught (result i32)
      (block $rethrown (result exnref)
        (try_table (catch $cpp $caught) (catch_all_ref $rethrown)
          i32.const 1
          throw $cpp)
        i32.const 0
        return)
      throw_ref)))
