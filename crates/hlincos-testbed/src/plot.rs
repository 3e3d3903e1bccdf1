//! Plots for reports: lines over time or over a quantity, as SVG that stands alone in a page.

use plotters::prelude::{
    ChartBuilder, Color, IntoDrawingArea, LineSeries, PathElement, RGBColor, Rectangle, SVGBackend,
    SeriesLabelPosition, TextStyle, WHITE,
};
use plotters::style::IntoFont;

/// Colours that people with any colour vision tell apart (Okabe and Ito, 2008).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];
const GREY: RGBColor = RGBColor(225, 225, 225);
const SIZE: (u32, u32) = (860, 360);

/// One plot.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// The horizontal axis, with its unit.
    pub x: String,
    /// The vertical axis, with its unit.
    pub y: String,
    /// Lines.
    pub lines: Vec<Line>,
    /// Stretches of the horizontal axis that are shaded, each from and to.
    pub shaded: Vec<(f64, f64)>,
}

/// A named line through points in the order of x.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
}

impl Plot {
    /// Draws it; points that are no numbers are left out.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let mut svg = String::new();
        // Drawing into a string fails only when a font is missing, and SVG needs none.
        if self.draw(&mut svg).is_none() {
            svg.clear();
        }
        svg
    }

    fn draw(&self, svg: &mut String) -> Option<()> {
        let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        area.fill(&WHITE).ok()?;
        let (x, y) = self.ranges();
        let heading: TextStyle<'_> = ("sans-serif", 18).into_font().into();
        let mut chart = ChartBuilder::on(&area)
            .caption(&self.title, heading)
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(70)
            .build_cartesian_2d(x.0..x.1, y.0..y.1)
            .ok()?;
        let shades = self.shaded.iter().map(|(from, to)| {
            let corners = [(from.max(x.0), y.0), (to.min(x.1), y.1)];
            Rectangle::new(corners, GREY.filled())
        });
        chart.draw_series(shades).ok()?;
        let mut mesh = chart.configure_mesh();
        mesh.light_line_style(WHITE.mix(0.0));
        mesh.x_desc(&self.x).y_desc(&self.y).draw().ok()?;
        for (line, colour) in self.lines.iter().zip(COLOURS.into_iter().cycle()) {
            let points = line.points.iter().copied().filter(is_number);
            let drawn = chart.draw_series(LineSeries::new(points, colour.stroke_width(2)));
            let key = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2));
            drawn.ok()?.label(&line.name).legend(key);
        }
        let mut legend = chart.configure_series_labels();
        let legend = legend.position(SeriesLabelPosition::UpperRight);
        legend.background_style(WHITE.mix(0.8)).draw().ok()?;
        area.present().ok()
    }

    /// Both axes, a little wider than what is drawn; y begins at zero.
    fn ranges(&self) -> ((f64, f64), (f64, f64)) {
        let points = || self.lines.iter().flat_map(|line| &line.points).copied();
        let mut x = (f64::INFINITY, f64::NEG_INFINITY);
        let mut y = (0.0_f64, 0.0_f64);
        for point in points().filter(is_number) {
            x = (x.0.min(point.0), x.1.max(point.0));
            y = (y.0.min(point.1), y.1.max(point.1));
        }
        let x = if x.0 < x.1 { x } else { (0.0, 1.0) };
        let y = if y.0 < y.1 { y } else { (0.0, 1.0) };
        (x, (y.0, y.0 + (y.1 - y.0) * 1.08))
    }
}

fn is_number((x, y): &(f64, f64)) -> bool {
    x.is_finite() && y.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: &[(f64, f64)]) -> Plot {
        Plot {
            title: "stock".into(),
            lines: vec![Line {
                name: "pad < stock".into(),
                points: points.to_vec(),
            }],
            ..Plot::default()
        }
    }

    #[test]
    fn a_plot_is_one_svg_with_its_words_escaped() {
        let svg = plot(&[(0.0, 1.0), (1.0, 3.0), (2.0, f64::NAN)]).to_svg();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("pad &lt; stock") && !svg.contains("NaN"));
    }

    #[test]
    fn nothing_measured_draws_empty_axes() {
        assert!(plot(&[]).to_svg().contains("stock"));
        assert!(plot(&[(1.0, 1.0)]).to_svg().contains("<svg"));
    }
}
