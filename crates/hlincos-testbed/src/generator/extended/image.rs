//! PNG pictures: small drawn ones, and large ones of noise that does not compress.

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use crate::generator::draw::Draw;

/// Draws a shaded square with a bright spot, as of an ultrasound.
pub(super) fn picture(side: u32, draw: &mut Draw) -> Vec<u8> {
    let (x, y) = (draw.below(side), draw.below(side));
    let pixels = (0..side * side).map(|index| {
        let distance = (index % side).abs_diff(x) + (index / side).abs_diff(y);
        let light = 230_u32.saturating_sub(distance * 6) + draw.below(24);
        u8::try_from(light.min(255)).expect("at most 255")
    });
    let pixels: Vec<u8> = pixels.collect();
    encode(side, side, &pixels, Compression::Fast)
}

/// Writes noise of about `size` bytes, 512 to a row.
pub(super) fn noise(size: u32, draw: &mut Draw) -> Vec<u8> {
    let height = (size / ROW).max(1);
    let mut pixels = vec![0; (ROW * height) as usize];
    draw.fill(&mut pixels);
    encode(ROW, height, &pixels, Compression::NoCompression)
}

fn encode(width: u32, height: u32, pixels: &[u8], compression: Compression) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pixels.len() + pixels.len() / 100 + 1_000);
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(compression);
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder
        .write_header()
        .expect("sizes above zero, written to memory");
    writer
        .write_image_data(pixels)
        .expect("as many pixels as announced, written to memory");
    writer.finish().expect("written to memory");
    bytes
}

const ROW: u32 = 512;
