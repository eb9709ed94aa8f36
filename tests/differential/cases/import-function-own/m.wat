(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "own" (func $imported (result i32)))
  (import "env" "other" (func $other (result i32)))
  ;; python-imports
  (func (export "own") (result i32) (i32.const 7))
  (global (export "other") i32 (i32.const 5))
  ;; python-init m
)
