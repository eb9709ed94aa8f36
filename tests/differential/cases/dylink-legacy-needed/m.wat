(module
  (@custom "dylink" (before first) "\80\01\02\00\00\01\06lib.so")
  ;; python-imports
  ;; python-init m
)
