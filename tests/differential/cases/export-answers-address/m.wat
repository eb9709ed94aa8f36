(module
  (@dylink.0 (mem-info (memory 128 2)))
  (import "GOT.mem" "own" (global (mut i32)))
  ;; python-imports
  @EXPORT@
  ;; python-init m
)
