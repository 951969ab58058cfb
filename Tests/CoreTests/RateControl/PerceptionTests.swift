import Core
import Testing

/// What x264 is told of what people see goes by how few the bytes are.
@Suite struct PerceptionTests {
    @Test("with bytes to spare, or where nothing is expected, x264 is left as it is")
    func usual() {
        for quantizer in [nil, 0, 18, 24] as [Double?] {
            #expect(Perception(quantizer: quantizer) == .usual)
        }
    }

    @Test("the coarser the quantizer, the fewer bits go into flat areas and grain, down to a floor")
    func starved() {
        let all = stride(from: 24.0, through: 51, by: 1).map { Perception(quantizer: $0) }
        for (finer, coarser) in zip(all, all.dropFirst()) {
            #expect(coarser.adaptiveQuantization <= finer.adaptiveQuantization)
            #expect(coarser.psychovisual <= finer.psychovisual)
        }
        #expect(all[4].adaptiveQuantization < 1)
        #expect(all.last == Perception(quantizer: 32))
        #expect(all.last?.adaptiveQuantization == 0.6)
        #expect(all.last?.psychovisual == 0.5)
    }
}
