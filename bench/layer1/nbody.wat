;; The sun and four planets for n steps: f64 arithmetic, square roots, loads and stores.
;; A body is seven f64 in memory: place, velocity, mass. Units: astronomical unit, day, and the
;; sun's mass times 4 pi^2, with years of 365.24 days.
(module
  (memory 1)
  (global $year f64 (f64.const 365.24))
  (global $sun f64 (f64.const 39.47841760435743))
  (global $end i32 (i32.const 280))
  (global $step f64 (f64.const 0.01))

  (func $body (param $at i32)
    (param $x f64) (param $y f64) (param $z f64) (param $u f64) (param $v f64) (param $w f64)
    (param $mass f64)
    (f64.store (local.get $at) (local.get $x))
    (f64.store offset=8 (local.get $at) (local.get $y))
    (f64.store offset=16 (local.get $at) (local.get $z))
    (f64.store offset=24 (local.get $at) (f64.mul (local.get $u) (global.get $year)))
    (f64.store offset=32 (local.get $at) (f64.mul (local.get $v) (global.get $year)))
    (f64.store offset=40 (local.get $at) (f64.mul (local.get $w) (global.get $year)))
    (f64.store offset=48 (local.get $at) (f64.mul (local.get $mass) (global.get $sun))))

  ;; The sun's velocity, such that all momentum together is none: $offset names the axis.
  (func $rest (param $offset i32)
    (local $at i32) (local $sum f64)
    (local.set $at (i32.const 56))
    (loop $bodies
      (local.set $sum
        (f64.add
          (local.get $sum)
          (f64.mul
            (f64.load (i32.add (local.get $at) (local.get $offset)))
            (f64.load offset=48 (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 56)))
      (br_if $bodies (i32.lt_u (local.get $at) (global.get $end))))
    (f64.store (local.get $offset) (f64.neg (f64.div (local.get $sum) (global.get $sun)))))

  ;; Along one axis: $a and $b attract each other by $force times the other's mass.
  (func $pull (param $a i32) (param $b i32) (param $difference f64) (param $force f64)
    (param $mass_a f64) (param $mass_b f64)
    (f64.store
      (local.get $a)
      (f64.sub
        (f64.load (local.get $a))
        (f64.mul (local.get $difference) (f64.mul (local.get $mass_b) (local.get $force)))))
    (f64.store
      (local.get $b)
      (f64.add
        (f64.load (local.get $b))
        (f64.mul (local.get $difference) (f64.mul (local.get $mass_a) (local.get $force))))))

  (func $advance
    (local $a i32) (local $b i32)
    (local $x f64) (local $y f64) (local $z f64) (local $square f64) (local $force f64)
    (loop $first
      (local.set $b (i32.add (local.get $a) (i32.const 56)))
      (block $paired
        (loop $second
          (br_if $paired (i32.ge_u (local.get $b) (global.get $end)))
          (local.set $x (f64.sub (f64.load (local.get $a)) (f64.load (local.get $b))))
          (local.set $y
            (f64.sub (f64.load offset=8 (local.get $a)) (f64.load offset=8 (local.get $b))))
          (local.set $z
            (f64.sub (f64.load offset=16 (local.get $a)) (f64.load offset=16 (local.get $b))))
          (local.set $square
            (f64.add
              (f64.add
                (f64.mul (local.get $x) (local.get $x))
                (f64.mul (local.get $y) (local.get $y)))
              (f64.mul (local.get $z) (local.get $z))))
          (local.set $force
            (f64.div
              (global.get $step)
              (f64.mul (local.get $square) (f64.sqrt (local.get $square)))))
          (call $pull
            (i32.add (local.get $a) (i32.const 24)) (i32.add (local.get $b) (i32.const 24))
            (local.get $x) (local.get $force)
            (f64.load offset=48 (local.get $a)) (f64.load offset=48 (local.get $b)))
          (call $pull
            (i32.add (local.get $a) (i32.const 32)) (i32.add (local.get $b) (i32.const 32))
            (local.get $y) (local.get $force)
            (f64.load offset=48 (local.get $a)) (f64.load offset=48 (local.get $b)))
          (call $pull
            (i32.add (local.get $a) (i32.const 40)) (i32.add (local.get $b) (i32.const 40))
            (local.get $z) (local.get $force)
            (f64.load offset=48 (local.get $a)) (f64.load offset=48 (local.get $b)))
          (local.set $b (i32.add (local.get $b) (i32.const 56)))
          (br $second)))
      (local.set $a (i32.add (local.get $a) (i32.const 56)))
      (br_if $first (i32.lt_u (local.get $a) (global.get $end))))
    (local.set $a (i32.const 0))
    (loop $bodies
      (call $move (local.get $a))
      (call $move (i32.add (local.get $a) (i32.const 8)))
      (call $move (i32.add (local.get $a) (i32.const 16)))
      (local.set $a (i32.add (local.get $a) (i32.const 56)))
      (br_if $bodies (i32.lt_u (local.get $a) (global.get $end)))))

  (func $move (param $at i32)
    (f64.store
      (local.get $at)
      (f64.add
        (f64.load (local.get $at))
        (f64.mul (global.get $step) (f64.load offset=24 (local.get $at))))))

  ;; The checksum: Jupiter's place along the first axis, in units of 1e-12.
  (func (export "run") (param $n i32) (result i64)
    (call $body (i32.const 0)
      (f64.const 0) (f64.const 0) (f64.const 0)
      (f64.const 0) (f64.const 0) (f64.const 0) (f64.const 1))
    (call $body (i32.const 56)
      (f64.const 4.84143144246472090) (f64.const -1.16032004402742839)
      (f64.const -0.103622044471123109) (f64.const 0.00166007664274403694)
      (f64.const 0.00769901118419740425) (f64.const -0.0000690460016972063023)
      (f64.const 0.000954791938424326609))
    (call $body (i32.const 112)
      (f64.const 8.34336671824457987) (f64.const 4.12479856412430479)
      (f64.const -0.403523417114321381) (f64.const -0.00276742510726411667)
      (f64.const 0.00499852801234917238) (f64.const 0.0000230417297573763929)
      (f64.const 0.000285885980666130812))
    (call $body (i32.const 168)
      (f64.const 12.8943695621391310) (f64.const -15.1111514016986312)
      (f64.const -0.223307578892655734) (f64.const 0.00296460137564761618)
      (f64.const 0.00237847173959480950) (f64.const -0.0000296589568540237556)
      (f64.const 0.0000436624404335156298))
    (call $body (i32.const 224)
      (f64.const 15.3796971148509165) (f64.const -25.9193146099879641)
      (f64.const 0.179258772950371181) (f64.const 0.00268067772490389322)
      (f64.const 0.00162824170038242295) (f64.const -0.0000951592254519715870)
      (f64.const 0.0000515138902046611451))
    (call $rest (i32.const 24))
    (call $rest (i32.const 32))
    (call $rest (i32.const 40))
    (block $done
      (loop $steps
        (br_if $done (i32.eqz (local.get $n)))
        (call $advance)
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $steps)))
    (i64.trunc_sat_f64_s (f64.mul (f64.load (i32.const 56)) (f64.const 1e12)))))
