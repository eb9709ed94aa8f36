(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (func (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (param i32) (result i32) (i32.extend8_s (local.get 0)))
  (func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0)))
  (func (result i32 i32) (i32.const 1) (i32.const 2))
  (func (param externref) (result externref) (local.get 0))
  ;; python-init m
)
