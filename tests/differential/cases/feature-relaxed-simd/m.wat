(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (func (result v128) (i8x16.relaxed_swizzle (v128.const i32x4 1 2 3 4) (v128.const i32x4 1 2 3 4)))
  ;; python-init m
)
