(module
  (@dylink.0 (mem-info (memory 128 2)))
  ;; python-imports
  (type $pair (struct (field i32) (field i32)))
  (func (result i32) (struct.get $pair 0 (struct.new_default $pair)))
  ;; python-init m
)
