(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "libdep.so"))
  (import "env" "answer" (func (param i64) (result i64)))
  ;; python-imports
  ;; python-init m
)
