(module
  (@custom "producers" (before first) "\00")
  (@custom "dylink.0" (after type) "\01\05\80\01\02\00\00")
  ;; python-imports
  ;; python-init m
)
