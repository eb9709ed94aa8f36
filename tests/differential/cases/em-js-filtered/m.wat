(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "env" "in_javascript" (func (result i32)))
  ;; python-imports
  ;; python-init m
)
