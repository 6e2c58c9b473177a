//! Draws paths and gradients, by the crate tiny-skia.
use tiny_skia::*;

fn main() {
    let mut image = Pixmap::new(320, 240).unwrap();
    for i in 0..12 {
        let t = i as f32;
        let mut path = PathBuilder::new();
        path.move_to(10.0 + t * 12.0, 20.0);
        path.cubic_to(300.0 - t * 9.0, 10.0, 20.0, 230.0 - t, 310.0, 200.0 - t * 7.0);
        path.line_to(40.0 + t * 3.0, 220.0);
        path.close();
        let path = path.finish().unwrap();
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        let stops = vec![
            GradientStop::new(0.0, Color::from_rgba8(200, 10 * i, 30, 120)),
            GradientStop::new(1.0, Color::from_rgba8(10, 120, 20 * i, 180)),
        ];
        let ends = (Point::from_xy(0.0, t), Point::from_xy(320.0, 240.0));
        paint.shader = LinearGradient::new(ends.0, ends.1, stops, SpreadMode::Pad, Transform::identity()).unwrap();
        image.fill_path(&path, &paint, FillRule::EvenOdd, Transform::identity(), None);
        image.stroke_path(&path, &paint, &Stroke { width: 1.0 + t / 4.0, ..Stroke::default() }, Transform::identity(), None);
    }
    println!("{}", image.data().iter().fold(0u32, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into())));
}
