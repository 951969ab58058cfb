/// How x264 weighs what people see, by how few the bytes are.
///
/// Its defaults are made for pictures with bytes to spare. Where they are few, moving bits from texture into
/// flat areas (adaptive quantization) and keeping grain alive (psychovisual choice of modes) take from edges
/// and faces what nobody gains. VMAF at equal bytes and frame sizes with `aq-strength` 1, 0.6, and 0.6 with
/// `psy-rd` 0.5 (its fifth percentile): film trailer 52.9 (32), 56.6 (36), 57.8 (37); game 28.5 (21), 30.2 (23),
/// 30.9 (23); traffic 87.0 (75), 90.3 (82), 90.6 (83). SSIM rises too, and by eye faces and ornaments in the
/// dark keep more of their detail. Stronger adaptive quantization loses as much (1.4: -2.9), a stronger loop filter
/// loses 0.2. `scripts/bench --table x264` makes such a table.
///
/// Taking grain out first (`hqdn3d` at half, its usual and double strength) buys nothing at such rates, whose
/// quantizers take it out as well: −3.5 to +0.3 VMAF on four clips, and with grain laid over two of them (8 and 16 of
/// `noise`) −0.9 to +0.4 against the grainy picture, −1.0 to +0.4 against the one without.
package struct Perception: Hashable, Codable, Sendable {
    /// x264's `aq-strength`.
    package var adaptiveQuantization: Double
    /// The first number of x264's `psy-rd`.
    package var psychovisual: Double

    /// As x264 has them by default.
    package static let usual = Perception(adaptiveQuantization: 1, psychovisual: 1)

    private init(adaptiveQuantization: Double, psychovisual: Double) {
        self.adaptiveQuantization = adaptiveQuantization
        self.psychovisual = psychovisual
    }

    /// What suits an expected mean quantizer; nil where none is expected.
    package init(quantizer: Double?) {
        // Up to 24 nothing much is lost, and grain is part of the picture.
        let need = min(1, max(0, ((quantizer ?? 24) - 24) / 8))
        adaptiveQuantization = 1 - 0.4 * need
        psychovisual = 1 - 0.5 * need
    }
}
