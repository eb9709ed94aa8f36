(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "libdep.so"))
  (import "env" "answer" (func (result i32)))
  ;; python-imports
  ;; python-init m
)
