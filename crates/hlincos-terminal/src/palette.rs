//! The page's colours, and which of them are text on which ground.

/// A colour: its name in the style, red, green, blue.
pub(crate) struct Colour {
    pub(crate) name: &'static str,
    pub(crate) rgb: [u8; 3],
}

const fn colour(name: &'static str, rgb: u32) -> Colour {
    let [_, red, green, blue] = rgb.to_be_bytes();
    Colour {
        name,
        rgb: [red, green, blue],
    }
}

/// Every colour of the page; the style uses no other.
pub(crate) const COLOURS: [Colour; 17] = [
    colour("paper", 0x00FF_FFFF),
    colour("ground", 0x00F2_F5F7),
    colour("ink", 0x0014_212B),
    colour("soft", 0x0048_5863),
    colour("line", 0x00D3_DCE2),
    colour("edge", 0x0073_828D),
    colour("red", 0x00A3_121F),
    colour("redwash", 0x00FD_ECEE),
    colour("green", 0x000B_5D33),
    colour("greenwash", 0x00E6_F4EC),
    colour("grey", 0x00E6_EBEF),
    colour("amber", 0x0074_4700),
    colour("amberwash", 0x00FF_F4DD),
    colour("blue", 0x000B_4A7A),
    colour("bluewash", 0x00E7_F0F8),
    colour("band", 0x0010_2A3C),
    colour("bandsoft", 0x00BF_D3E2),
];

/// The colours as variables of the style.
pub(crate) fn variables() -> String {
    COLOURS
        .iter()
        .map(|colour| {
            let [red, green, blue] = colour.rgb;
            format!("--{}:#{red:02x}{green:02x}{blue:02x};", colour.name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text on ground, as the style puts them; `style.rs` tests that it puts no others.
    const TEXT: [(&str, &str); 23] = [
        ("ink", "paper"),
        ("ink", "ground"),
        ("ink", "redwash"),
        ("ink", "greenwash"),
        ("ink", "grey"),
        ("ink", "amberwash"),
        ("ink", "bluewash"),
        ("soft", "paper"),
        ("soft", "ground"),
        ("soft", "redwash"),
        ("soft", "greenwash"),
        ("soft", "grey"),
        ("soft", "amberwash"),
        ("soft", "bluewash"),
        ("red", "paper"),
        ("red", "redwash"),
        ("green", "greenwash"),
        ("amber", "amberwash"),
        ("amber", "paper"),
        ("blue", "paper"),
        ("paper", "band"),
        ("bandsoft", "band"),
        ("paper", "blue"),
    ];
    /// Edges and lines that carry meaning: 3:1 (success criterion 1.4.11).
    const SHAPES: [(&str, &str); 7] = [
        ("red", "redwash"),
        ("green", "greenwash"),
        ("edge", "paper"),
        ("edge", "grey"),
        ("amber", "amberwash"),
        ("blue", "ground"),
        ("paper", "band"),
    ];

    fn rgb(name: &str) -> [u8; 3] {
        let found = COLOURS.iter().find(|colour| colour.name == name);
        found.expect("a colour of the palette").rgb
    }

    /// Relative luminance, WCAG 2.2.
    fn luminance(rgb: [u8; 3]) -> f64 {
        let part = |byte: u8| {
            let part = f64::from(byte) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(rgb[0]) + 0.7152 * part(rgb[1]) + 0.0722 * part(rgb[2])
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(rgb(one)), luminance(rgb(other)));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn contrast_is_computed_as_wcag_does() {
        let black_on_white = (luminance([255; 3]) + 0.05) / (luminance([0; 3]) + 0.05);
        assert!((black_on_white - 21.0).abs() < 1e-9);
        // #777 on white is the well-known near miss: 4.48.
        let grey = (luminance([255; 3]) + 0.05) / (luminance([0x77; 3]) + 0.05);
        assert!((grey - 4.478).abs() < 0.001, "{grey}");
    }

    #[test]
    fn every_text_has_the_contrast_of_level_aa_on_its_ground() {
        for (text, ground) in TEXT {
            let ratio = contrast(text, ground);
            assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
        }
    }

    #[test]
    fn every_edge_that_means_something_stands_out() {
        for (shape, ground) in SHAPES {
            let ratio = contrast(shape, ground);
            assert!(ratio >= 3.0, "{shape} on {ground}: {ratio:.2}");
        }
    }
}
