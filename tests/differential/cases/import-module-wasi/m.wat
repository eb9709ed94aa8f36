(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "wasi_snapshot_preview1" "strlen" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "nobody" (func))
  ;; python-imports
  ;; python-init m
)
