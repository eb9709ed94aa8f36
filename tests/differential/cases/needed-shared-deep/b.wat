(module
  (@dylink.0 (mem-info (memory 128 2)) (needed "libdep.so"))
  (import "env" "deep" (func))
  ;; python-imports
  ;; python-init b
)
