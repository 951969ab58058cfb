import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("The choice of the frame size by content")
struct ContentTests {
    private let table: [String: [Int: [Row]]]

    init() throws { table = try Row.table() }

    @Test(
        "costs few of the points of VMAF that the best of all measured sizes has, over eleven clips"
    )
    func nearBest() throws {
        let (losses, errors) = try measuredChoices()
        #expect(losses.count > 40)
        #expect(losses.mean < 0.5)
        #expect(losses.filter { $0 <= 0.7 }.count * 100 >= losses.count * 75)
        #expect(errors.mean < 0.006)
    }

    /// Trials at 0.4 and 0.72 of the lines would tell more; those at 0.33 and 0.5 cost a fifth less of a run.
    @Test("costs less than a point with trials of the sizes that samples have, over eight clips")
    func nearBestBySamples() throws {
        let (losses, errors) = try measuredChoices(trials: (0.33, 0.5), from: 720)
        #expect(losses.count > 30)
        #expect(losses.mean < 0.75)
        #expect(losses.filter { $0 <= 0.7 }.count * 100 >= losses.count * 65)
        #expect(errors.mean < 0.006)
    }

    /// What the measured size that would be chosen loses at each rate in VMAF, and how far off its SSIM is foretold.
    private func measuredChoices(
        trials: (Double, Double) = (0.4, 0.72),
        from leastLines: Int = 0
    ) throws -> (losses: [Double], errors: [Double]) {
        var losses: [Double] = []
        var errors: [Double] = []
        try forEachRate(trials: trials, from: leastLines) { content, bits, quality, similarity in
            let prospects = quality.keys.map { lines in
                content.prospect(
                    at: content.full.fitted(shortSide: lines),
                    bitsPerFrame: bits
                )
            }
            let chosen = try #require(prospects.min { $0.visibleLoss < $1.visibleLoss })
            let lines = try #require(
                quality.keys.min {
                    abs($0 - chosen.size.shortSide) < abs($1 - chosen.size.shortSide)
                }
            )
            losses.append((quality.values.max() ?? 0) - (quality[lines] ?? 0))
            errors.append(abs(content.steady(chosen) - (similarity[lines] ?? 0)))
        }
        return (losses, errors)
    }

    @Test("is never far from the best where sizes between the measured ones may be taken too")
    func neverFar() throws {
        var losses: [Double] = []
        var errors: [Double] = []
        try forEachRate { content, bits, quality, similarity in
            let chosen = content.best(within: content.full, bitsPerFrame: bits)
            let lines = chosen.size.shortSide
            losses.append((quality.values.max() ?? 0) - Row.at(lines: lines, quality))
            errors.append(abs(content.steady(chosen) - Row.at(lines: lines, similarity)))
        }
        #expect(losses.count > 40)
        #expect(losses.mean < 0.6)
        #expect(losses.max() ?? .infinity < 3.2)
        #expect(losses.filter { $0 <= 0.7 }.count * 100 >= losses.count * 68)
        #expect(errors.mean < 0.006)
    }

    /// Four seconds of a fast game at 1080 lines; the losses of its trials are mostly of coarse quantizers.
    @Test(
        "tells of ample bytes what whole runs came to, and keeps all lines there",
        arguments: [(82_950.0, 0.8448), (199_500.0, 0.9388), (498_700.0, 0.9777)]
    )
    func ampleBytes(bitsPerFrame: Double, measured: Double) {
        let game = Content(
            full: PixelSize(width: 1920, height: 1080),
            shrunk: [(906, 0.0079), (720, 0.0153), (540, 0.0299), (388, 0.0546), (270, 0.0968)]
                .map { Content.Shrunk(lines: $0.0, loss: $0.1) },
            fine: .init(lines: 356, quantizer: 29.55, bitsPerFrame: 53_239, loss: 0.1387),
            coarse: .init(lines: 356, quantizer: 43.55, bitsPerFrame: 10_672, loss: 0.2821),
            large: .init(lines: 534, quantizer: 37.55, bitsPerFrame: 39_598, loss: 0.1639),
            frames: 80
        )
        let expected = game.prospect(at: game.full, bitsPerFrame: bitsPerFrame).similarity
        #expect(abs(expected - measured) < 0.025)
        let best = game.best(within: game.full, bitsPerFrame: bitsPerFrame)
        #expect((best.size == game.full) == (bitsPerFrame > 400_000))
    }

    @Test("tells what eighteen whole runs came to, which lose more than a steady quantizer would")
    func wholeRuns() {
        // What samples alone foretold, and the receipt (`scripts/bench --table default`).
        let runs = [
            (0.9649, 0.9594), (0.9766, 0.9724), (0.9844, 0.9795),
            (0.9841, 0.9812), (0.9866, 0.9837), (0.9886, 0.9849),
            (0.9761, 0.9644), (0.9830, 0.9760), (0.9886, 0.9833),
            (0.9733, 0.9663), (0.9787, 0.9721), (0.9832, 0.9779),
            (0.9976, 0.9949), (0.9993, 0.9988), (0.9998, 0.9996),
            (0.6566, 0.6662), (0.7003, 0.6889), (0.7324, 0.7172),
        ]
        let errors = runs.map { abs(Content.wholeSimilarity($0.0) - $0.1) }
        #expect(errors.mean < 0.003)
        #expect(errors.mean * 2 < runs.map { abs($0.0 - $0.1) }.mean)
        let all = stride(from: 0, through: 1, by: 0.01).map(Content.wholeSimilarity)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0 < $1 })
        #expect(all.first == 0 && all.last == 1)
    }

    /// Hands out each clip at rates from starved to ample, in bits a frame, with the VMAF and SSIM of each size.
    private func forEachRate(
        trials: (Double, Double) = (0.4, 0.72),
        from leastLines: Int = 0,
        _ body: (Content, Double, [Int: Double], [Int: Double]) throws -> Void
    ) throws {
        for (clip, sizes) in table where sizes.keys.max() ?? 0 >= leastLines {
            let content = try #require(Content(sizes, trials: trials), "\(clip)")
            for bits in Row.rates(sizes) {
                let quality = sizes.compactMapValues { Row.at(bits, $0, \.vmaf) }
                guard quality.count > 2 else { continue }
                try body(
                    content,
                    bits / sizes.rate,
                    quality,
                    sizes.compactMapValues { Row.at(bits, $0, \.ssim) }
                )
            }
        }
    }

    @Test("never gives a clip a smaller frame for more bytes, nor a worse picture")
    func monotonic() throws {
        for (clip, sizes) in table {
            let content = try #require(Content(sizes), "\(clip)")
            var before = content.best(within: content.full, bitsPerFrame: 500)
            for step in 1..<24 {
                let bits = 500 * exp(Double(step) * 0.3)
                let next = content.best(within: content.full, bitsPerFrame: bits)
                defer { before = next }
                // Fewer bits than there is a quantizer for are nobody's choice.
                guard before.quantizer <= 51 else { continue }
                #expect(next.size.shortSide >= before.size.shortSide, "\(clip) \(bits)")
                #expect(next.similarity >= before.similarity - 1e-9, "\(clip) \(bits)")
            }
            #expect(before.size == content.full, "\(clip) at \(before.quantizer)")
        }
    }

    @Test("keeps the lines of a screen at a rate that a drone's picture wants fewer for")
    func sharpAndNatural() throws {
        func share(_ clip: String, quantizer: Double) throws -> Double {
            let sizes = try #require(table[clip])
            let content = try #require(Content(sizes))
            let row = try #require(
                sizes[sizes.keys.max() ?? 0]?.min {
                    abs($0.qp - quantizer) < abs($1.qp - quantizer)
                }
            )
            let best = content.best(within: content.full, bitsPerFrame: row.bits / sizes.rate)
            return Double(best.size.shortSide) / Double(content.full.shortSide)
        }
        #expect(try share("screencast-1080p30", quantizer: 35) > 0.8)
        #expect(try share("drone-480p", quantizer: 35) < 0.8)
    }

    @Test("takes a clip whose samples were simpler than the rest for one that costs more")
    func complexity() throws {
        let sizes = try #require(table["trailer-720p24-a"])
        let content = try #require(Content(sizes))
        let harder = content.scaled(by: 1.8)
        let size = content.full
        let bits = 10_000.0
        #expect(
            harder.prospect(at: size, bitsPerFrame: bits).similarity
                < content.prospect(at: size, bitsPerFrame: bits).similarity
        )
        #expect(
            harder.best(within: size, bitsPerFrame: bits).size.shortSide
                <= content.best(within: size, bitsPerFrame: bits).size.shortSide
        )
    }

    @Test(
        "bears samples that say nothing: a still picture, no loss, no bits",
        arguments: [0.0, 1e-9, 1e12]
    )
    func degenerate(bits: Double) {
        let flat = Content.Coded(lines: 432, quantizer: 30, bitsPerFrame: 0, loss: 0)
        let content = Content(
            full: PixelSize(width: 1920, height: 1080),
            shrunk: [],
            fine: flat,
            coarse: flat,
            large: flat,
            frames: 2
        )
        let best = content.best(within: content.full, bitsPerFrame: bits)
        #expect(best.size.shortSide <= content.full.shortSide)
        #expect((0...1).contains(best.similarity))
        #expect(best.quantizer >= 0)
    }
}

/// A line of `Fixtures/calibration.csv`, which `scripts/calibrate` measured.
private struct Row {
    var size: PixelSize
    var rate: Double
    var lines: Int
    var factor: Int
    var qp: Double
    var bits: Double
    var vmaf: Double
    var ssim: Double

    static func table() throws -> [String: [Int: [Row]]] {
        let path = Fixture.path("calibration.csv").string
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var table: [String: [Int: [Row]]] = [:]
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let fields = line.split(separator: ",")
            let numbers = fields.dropFirst().compactMap { Double($0) }
            let clip = String(try #require(fields.first))
            try #require(numbers.count == 10)
            let row = Row(
                size: PixelSize(width: Int(numbers[0]), height: Int(numbers[1])),
                rate: numbers[2],
                lines: Int(numbers[3]),
                factor: Int(numbers[4]),
                qp: numbers[5],
                bits: numbers[6],
                vmaf: numbers[7],
                ssim: numbers[8]
            )
            table[clip, default: [:]][row.lines, default: []].append(row)
        }
        return table
    }

    /// Bits a second from starved to ample.
    static func rates(_ sizes: [Int: [Row]]) -> [Double] {
        let all = sizes.values.joined().map(\.bits).filter { $0 > 0 }
        let own = (sizes[sizes.keys.max() ?? 0] ?? []).map(\.bits)
        guard let least = all.min(), let most = own.max() else { return [] }
        return (0..<5).map { least * 1.5 * pow(most / least / 1.5, Double($0) / 5) }
    }

    /// Between two sizes, straight with the log of their lines; of the nearest beyond them.
    static func at(lines: Int, _ values: [Int: Double]) -> Double {
        let below = values.keys.filter { $0 <= lines }.max()
        let above = values.keys.filter { $0 >= lines }.min()
        guard let low = below ?? above, let high = above ?? below,
            let left = values[low], let right = values[high]
        else { return 0 }
        guard low < high else { return left }
        let share = log(Double(lines) / Double(low)) / log(Double(high) / Double(low))
        return left + (right - left) * share
    }

    /// Between two encodes, straight with the log of their bits; nil far outside.
    static func at(_ bits: Double, _ rows: [Row], _ value: KeyPath<Row, Double>) -> Double? {
        let coded = rows.filter { $0.bits > 0 }.sorted { $0.bits < $1.bits }
        guard let first = coded.first, let last = coded.last, bits > first.bits * 0.75,
            bits < last.bits * 1.35
        else { return nil }
        let above = min(
            coded.count - 1,
            max(1, coded.firstIndex { $0.bits >= bits } ?? coded.count - 1)
        )
        let (left, right) = (coded[above - 1], coded[above])
        let share = log(bits / left.bits) / log(right.bits / left.bits)
        return left[keyPath: value] + (right[keyPath: value] - left[keyPath: value]) * share
    }
}

extension [Int: [Row]] {
    fileprivate var rate: Double { values.first?.first?.rate ?? 1 }
}

extension [Double] {
    fileprivate var mean: Double { isEmpty ? .infinity : reduce(0, +) / Double(count) }
}

extension Content {
    /// What samples would have shown of a measured clip: the same sizes and rate factors.
    fileprivate init?(_ sizes: [Int: [Row]], trials: (Double, Double) = (0.4, 0.72)) {
        guard let most = sizes.keys.max(), let full = sizes[most]?.first?.size else { return nil }
        func nearest(_ share: Double) -> Int {
            sizes.keys.min {
                let wanted = Double(most) * share
                return abs(Double($0) - wanted) < abs(Double($1) - wanted)
            } ?? most
        }
        func coded(_ lines: Int, _ factor: Int) -> Coded? {
            sizes[lines]?.first { $0.factor == factor }.map {
                Coded(
                    lines: lines,
                    quantizer: $0.qp,
                    bitsPerFrame: $0.bits / $0.rate,
                    loss: 1 - $0.ssim
                )
            }
        }
        guard let fine = coded(nearest(trials.0), 24), let coarse = coded(nearest(trials.0), 39),
            let large = coded(nearest(trials.1), 34)
        else { return nil }
        self.init(
            full: full,
            shrunk: sizes.filter { $0.key < most }.compactMap { lines, rows in
                rows.first { $0.factor == 0 }.map { Shrunk(lines: lines, loss: 1 - $0.ssim) }
            },
            fine: fine,
            coarse: coarse,
            large: large,
            frames: 90
        )
    }
}

extension Content {
    /// What a prospect would be at a steady quantizer, as the table was measured.
    fileprivate func steady(_ prospect: Prospect) -> Double {
        self.prospect(at: prospect.size, quantizer: prospect.quantizer).similarity
    }
}
