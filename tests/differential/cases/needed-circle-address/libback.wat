(module
  (@dylink.0 (mem-info (memory 16 2)) (needed "libdep.so"))
  (import "GOT.func" "answer" (global (mut i32)))
)
