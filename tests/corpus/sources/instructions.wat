;; One of each sort of instruction that a scanner has to step over. Never run, so operands do not matter.
(module
  (type $void (func))
  (import "env" "f" (func $f))
  (memory $m 1)
  (memory $n 1)
  (table $t 1 funcref)
  (table $u 1 funcref)
  (global $g (mut i32) (i32.const 0))
  (elem $e func $f)
  (data $d "x")
  (func $plain (local i32 i32 i64 f64 v128 (ref null $void))
    unreachable nop
    block (result i32) i32.const -2147483648 end drop
    loop i64.const -9223372036854775808 drop br 0 end
    i32.const 1 if f32.const 1.5 drop else f64.const 2.5 drop end
    i32.const 0 br_if 0
    block block i32.const 1 br_table 0 1 1 0 1 end end
    call $f
    i32.const 0 call_indirect $t (type $void)
    i32.const 0 local.set 0 local.get 0 local.tee 1 drop
    global.get $g global.set $g
    i32.const 0 table.get $t drop i32.const 0 ref.null func table.set $t
    i32.const 0 i32.load offset=300 align=1 drop
    i32.const 0 i64.load $n offset=70000 drop
    i32.const 0 f64.const 0 f64.store $n
    i32.const 0 i64.const 0 i64.store32 align=2
    memory.size memory.grow drop memory.size $n drop
    i32.const 1 i32.const 2 i32.const 3 select drop
    f32.const 1 f32.const 2 i32.const 3 select (result f32) drop
    i64.const 1 i64.extend8_s i64.popcnt i32.wrap_i64 drop
    f64.const 1 i64.trunc_sat_f64_u drop
    i32.const 0 i32.const 0 i32.const 0 memory.init $d data.drop $d
    i32.const 0 i32.const 0 i32.const 0 memory.copy $m $n
    i32.const 0 i32.const 0 i32.const 0 memory.fill
    i32.const 0 i32.const 0 i32.const 0 table.init $t $e elem.drop $e
    i32.const 0 i32.const 0 i32.const 0 table.copy $t $u
    ref.null func i32.const 1 table.grow $t drop table.size $t drop
    i32.const 0 ref.null func i32.const 0 table.fill $t
    ref.func $f ref.is_null drop
    return)
  (func $simd128
    unreachable
    i32.const 0 v128.load offset=1000 drop
    v128.const i64x2 0x061f_fe00_1213_fb14 -1
    v128.const i64x2 1 2 i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
    i8x16.splat i8x16.extract_lane_s 3 drop
    i32.const 0 v128.const i64x2 1 2 v128.load8_lane offset=200 7 drop
    i32.const 0 v128.load32_zero drop
    v128.const i64x2 1 2 v128.const i64x2 1 2 i64x2.extmul_high_i32x4_u
    f64x2.convert_low_i32x4_s i32x4.trunc_sat_f64x2_u_zero drop)
  (func $relaxed-simd
    unreachable
    v128.const i64x2 1 2 v128.const i64x2 1 2 v128.const i64x2 1 2 f32x4.relaxed_madd
    v128.const i64x2 1 2 i8x16.relaxed_swizzle drop)
  (func $atomics
    unreachable
    atomic.fence
    i32.const 0 i32.const 0 memory.atomic.notify offset=4 drop
    i32.const 0 i64.const 0 i64.const 0 i64.atomic.rmw.cmpxchg drop)
  (func $tail-call
    i32.const 0 if return_call $f end
    i32.const 0 if i32.const 0 return_call_indirect $t (type $void) end
    ref.null $void return_call_ref $void)
  (func $wide-arithmetic
    i64.const 1 i64.const 2 i64.const 3 i64.const 4 i64.add128 i64.mul_wide_s drop drop)
  (func $gc
    unreachable
    ref.null $void call_ref $void
    ref.null $void ref.as_non_null drop
    i32.const 1 ref.i31 i31.get_s drop
    ref.null any ref.test (ref i31) drop
    block (result anyref) ref.null any br_on_cast 0 anyref (ref i31) end drop
    ref.null eq ref.null eq ref.eq drop))
