//! JPEG photographs: a shaded disc on a ground, with the grain of a real sensor.

use jpeg_encoder::{ColorType, Encoder};

use crate::generator::draw::Draw;

/// Takes a grey photograph that weighs about `size` bytes.
pub(super) fn photograph(size: u32, draw: &mut Draw) -> Vec<u8> {
    // Grain of six bits at this quality costs 7.5 bits a pixel; fewer bits take longer per byte.
    let pixels = u64::from(size) * 80 / 75;
    let height = u32::try_from((pixels * 3 / 4).isqrt()).expect("as small as the size");
    let (height, width) = (height.clamp(16, 4_096), (height * 4 / 3).clamp(16, 4_096));
    let mut grain = vec![0; (width * height) as usize];
    draw.fill(&mut grain);
    let radius = i64::from(height / 2 - draw.below(height / 8));
    for (y, row) in grain.chunks_mut(width as usize).enumerate() {
        let from_middle = y as i64 - i64::from(height / 2);
        let chord = (radius * radius - from_middle * from_middle).max(0).isqrt();
        let (start, end) = (i64::from(width / 2) - chord, i64::from(width / 2) + chord);
        let shade = u8::try_from(96 + from_middle.abs() * 64 / i64::from(height)).unwrap_or(160);
        for (x, pixel) in row.iter_mut().enumerate() {
            let inside = (start..end).contains(&(x as i64));
            *pixel = (*pixel & GRAIN) + if inside { shade } else { 40 };
        }
    }
    let mut bytes = Vec::with_capacity(size as usize + 4_096);
    let side = |length: u32| u16::try_from(length).expect("4,096 at most");
    Encoder::new(&mut bytes, QUALITY)
        .encode(&grain, side(width), side(height), ColorType::Luma)
        .expect("as many pixels as announced, written to memory");
    bytes
}

const GRAIN: u8 = 0x3F;
const QUALITY: u8 = 99;
