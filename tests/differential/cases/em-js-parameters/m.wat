(module
  (@dylink.0 (mem-info (memory 512 2)))
  (import "env" "in_javascript" (func $javascript (param i32 i32) (result i32)))
  ;; python-imports
  (global (export "__em_js__in_javascript") i32 (i32.const 128))
  (data (global.get $base) "")
  (data (offset (i32.add (global.get $base) (i32.const 128))) "@TEXT@\00")
  (func (export "get") (result i32)
    (call $javascript (i32.const 42) (i32.const 7)))
  ;; python-init m
)
