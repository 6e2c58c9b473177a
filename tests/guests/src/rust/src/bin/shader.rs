//! shader [FUNCTIONS]: a compiler guest: generated WGSL is parsed and validated with naga, then written as WGSL and SPIR-V.
//! Much code, most of it run only a little.
use guests::{Rng, arg, crc32};
use naga::back::{spv, wgsl};
use naga::front::wgsl::parse_str;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use std::fmt::Write;

fn expression(rng: &mut Rng, depth: usize) -> String {
    if depth == 0 {
        return match rng.below(5) {
            0 => "p.x".into(),
            1 => "p.y".into(),
            2 => "acc".into(),
            3 => "params.scale[0].z".into(),
            _ => format!("{}.{}f", rng.below(100), rng.below(100)),
        };
    }
    let a = expression(rng, depth - 1);
    match rng.below(9) {
        0 => format!("({a} + {})", expression(rng, depth - 1)),
        1 => format!("({a} * {})", expression(rng, depth - 1)),
        2 => format!("max({a}, {})", expression(rng, depth - 1)),
        3 => format!("select({a}, {}, {a} < 0.5f)", expression(rng, depth - 1)),
        4 => format!("sin({a})"),
        5 => format!("dot(vec3<f32>({a}, p), vec3<f32>(1.0f, 2.0f, 3.0f))"),
        6 => format!("f32(i32({a}) & {})", rng.below(255)),
        7 => format!("length(mat2x2<f32>(p, p) * vec2<f32>({a}, 1.0f))"),
        _ => format!("mix({a}, fract({a}), 0.25f)"),
    }
}

fn main() {
    let functions = arg(1, 2).max(1);
    let mut rng = Rng::new(11);
    let mut source = String::from(
        "struct Params { scale: array<vec4<f32>, 4>, count: u32 }\n\
         @group(0) @binding(0) var<uniform> params: Params;\n\
         @group(0) @binding(1) var<storage, read_write> data: array<f32>;\n\
         var<workgroup> shared_sum: array<f32, 64>;\n",
    );
    for i in 0..functions {
        write!(
            source,
            "fn step{i}(p: vec2<f32>, n: i32) -> f32 {{\n  var acc = {}.0f;\n  for (var i = 0; i < n; i++) {{\n    if i % 3 == {} {{ continue; }}\n    \
             switch i {{\n      case 0, 1: {{ acc += {}; }}\n      case 2: {{ acc -= {}; }}\n      default: {{ if acc > 1000.0f {{ break; }} acc = {}; }}\n    }}\n  }}\n  \
             let v = vec4<f32>(acc, p, 1.0).wzyx * params.scale[n & 3];\n  return v.x + v.w{};\n}}\n",
            i,
            rng.below(3),
            expression(&mut rng, 2),
            expression(&mut rng, 3),
            expression(&mut rng, 2),
            if i > 0 { format!(" + step{}(p, n - 1)", rng.below(i)) } else { String::new() },
        )
        .unwrap();
    }
    write!(
        source,
        "@compute @workgroup_size(64)\nfn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) at: u32) {{\n  \
         shared_sum[at] = step{}(vec2<f32>(id.xy), 4);\n  workgroupBarrier();\n  if id.x < params.count {{ data[id.x] = shared_sum[63u - at]; }}\n}}\n",
        functions - 1
    )
    .unwrap();
    println!("source {} bytes, crc {:08x}", source.len(), crc32(source.as_bytes()));

    let module = parse_str(&source).expect("parse");
    println!("types {} functions {} globals {}", module.types.len(), module.functions.len(), module.global_variables.len());
    let info = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module).expect("validate");
    let text = wgsl::write_string(&module, &info, wgsl::WriterFlags::empty()).expect("wgsl");
    println!("wgsl {} bytes, crc {:08x}", text.len(), crc32(text.as_bytes()));
    let words = spv::write_vec(&module, &info, &spv::Options::default(), None).expect("spv");
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    println!("spir-v {} words, crc {:08x}", words.len(), crc32(&bytes));

    let error = parse_str("fn broken(a: i32) -> f32 { return a + ; }").unwrap_err();
    println!("{}", error.message());
    let invalid = parse_str("fn wrong() -> i32 { let x = 1; }").expect("parses");
    println!("{}", Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&invalid).unwrap_err().into_inner());
}
