// libm's functions alone: pure arithmetic, which the standard library does not have.
#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What one file of several makes of the bytes that it gets, for dividing a total among all.
package struct Demand: Sendable, Equatable {
    /// What a file of so many bytes would look like.
    package struct Point: Sendable, Equatable {
        package var bytes: Int
        /// Expected, 0 to 1.
        package var similarity: Double

        package init(bytes: Int, similarity: Double) {
            (self.bytes, self.similarity) = (bytes, similarity)
        }
    }

    /// Less cannot be made.
    package let smallest: Int
    /// More would be of no use.
    package let largest: Int
    /// By bytes, the similarity never falling; at least two where `smallest` is less than `largest`.
    package let points: [Point]

    /// Points in any order; those outside of the bounds say nothing.
    package init(smallest: Int, largest: Int, points: [Point]) {
        let smallest = max(1, smallest)
        let largest = max(smallest, largest)
        var kept: [Point] = []
        for point in points.sorted(by: { $0.bytes < $1.bytes })
        where (smallest...largest).contains(point.bytes) {
            let least = kept.last?.similarity ?? 0
            let similarity = min(1, max(least, point.similarity))
            if kept.last?.bytes == point.bytes { kept.removeLast() }
            kept.append(Point(bytes: point.bytes, similarity: similarity))
        }
        (self.smallest, self.largest, self.points) = (smallest, largest, kept)
    }

    /// A file of which nothing is known but how much there is in it.
    ///
    /// `units`: pixels of all frames, or what weighs as much of other kinds. All such files get the same
    /// share of bytes for each, and among others they stand like a clip of the usual kind.
    package init(smallest: Int, largest: Int, units: Double) {
        let points = Self.steps(smallest: smallest, largest: largest).map { bytes in
            Point(bytes: bytes, similarity: Self.usual(bits: Double(bytes) * 8 / max(1, units)))
        }
        self.init(smallest: smallest, largest: largest, points: points)
    }

    /// What bits for each pixel usually look like: at 0.05 bits nine of the calibration's eleven clips lie above it.
    private static func usual(bits: Double) -> Double {
        1 / (1 + 0.035 * pow(max(1e-9, bits) / 0.05, -0.8))
    }

    /// Sizes to look at, evenly in proportion.
    package static func steps(smallest: Int, largest: Int, count: Int = 33) -> [Int] {
        let (low, high) = (Double(max(1, smallest)), Double(max(1, smallest, largest)))
        guard high > low, count > 1 else { return [max(1, smallest)] }
        return (0..<count).map { step in
            if step == 0 { return max(1, smallest) }
            if step == count - 1 { return max(1, smallest, largest) }
            return Int(low * pow(high / low, Double(step) / Double(count - 1)))
        }
    }

    /// The bytes from which on it looks so, within the bounds.
    func bytes(for similarity: Double) -> Int {
        guard let first = points.first, similarity > first.similarity else { return smallest }
        for (below, above) in zip(points, points.dropFirst()) where similarity <= above.similarity {
            let span = above.similarity - below.similarity
            guard span > 1e-12 else { return below.bytes }
            let share = (similarity - below.similarity) / span
            let bytes = exp(
                log(Double(below.bytes)) + share * log(Double(above.bytes) / Double(below.bytes))
            )
            return min(largest, max(smallest, Int(bytes)))
        }
        return largest
    }
}

/// One budget for several files.
package enum TotalShare {
    /// Divides a total so that all files look equally good, as far as each can use it.
    ///
    /// - Returns: the bytes for each, which never exceed the total together; nil where not even the
    ///   smallest that can be made of each fit.
    package static func divide(_ total: Int, among demands: [Demand]) -> [Int]? {
        let least = demands.reduce(0) { $0 + $1.smallest }
        guard least <= total else { return nil }
        func shares(_ similarity: Double) -> [Int] { demands.map { $0.bytes(for: similarity) } }
        func sum(_ shares: [Int]) -> Int { shares.reduce(0, +) }

        let all = demands.map(\.largest)
        if sum(all) <= total { return all }
        var (low, high) = (0.0, 1.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if sum(shares(middle)) <= total { low = middle } else { high = middle }
        }
        var result = shares(low)
        // Where a file's likeness leaps, what is left beneath is for whoever can use it.
        while true {
            let rest = total - sum(result)
            let hungry = demands.indices.filter { result[$0] < demands[$0].largest }
            let room = hungry.reduce(0.0) { $0 + Double(result[$1]) }
            guard rest > 0, room > 0 else { break }
            var given = 0
            for index in hungry {
                let share = Int(Double(rest) * Double(result[index]) / room)
                let more = min(share, demands[index].largest - result[index], rest - given)
                result[index] += more
                given += more
            }
            if given <= max(16, rest / 1000) { break }
        }
        return result
    }
}

extension Demand {
    /// What a file makes of bytes, by what is known of it; at most as many bytes as the request says.
    ///
    /// `content`: what samples of a video showed.
    package init(
        _ material: Material,
        request: Request,
        content: Content? = nil
    ) {
        let most = request.target?.bytes ?? .max
        switch material {
        case .video(let source) where request.format != .m4a:
            let (smallest, units) = Self.bounds(of: source, request)
            let largest = max(smallest, min(source.bytes, most))
            guard let content else {
                self.init(smallest: smallest, largest: largest, units: units)
                return
            }
            let points = Self.steps(smallest: smallest, largest: largest).compactMap { bytes in
                Plan.similarity(of: source, request, content, bytes: bytes)
                    .map { Point(bytes: bytes, similarity: $0) }
            }
            // Its own bytes lose nothing.
            let whole = source.bytes <= most ? [Point(bytes: largest, similarity: 1)] : []
            self.init(smallest: smallest, largest: largest, points: points + whole)
        case .video(let source):
            self = Self.sound(source.bytes, source.durationSeconds, most)
        case .sound(let source):
            self = Self.sound(source.bytes, source.durationSeconds, most)
        case .still(let source):
            let pixels = Double(request.heightCap.fitted(source.displaySize).pixels)
            let smallest = min(source.bytes, max(2000, Int(pixels / 40)))
            // A picture takes as many bits for each pixel as some twenty frames of a clip.
            self.init(
                smallest: min(smallest, most),
                largest: min(source.bytes, most),
                units: pixels * 20
            )
        }
    }

    private static func sound(_ bytes: Int, _ seconds: Double, _ most: Int) -> Demand {
        let smallest = min(bytes, most, Int(seconds * 24_000 / 8) + 4000)
        // 96 kbit/s of sound are as good as a clip of 0.05 bits for each pixel.
        return Demand(
            smallest: smallest,
            largest: min(bytes, most),
            units: seconds * 96_000 / 0.05
        )
    }

    /// The smallest file, and the pixels of all frames.
    private static func bounds(
        of source: Source,
        _ request: Request
    ) -> (smallest: Int, units: Double) {
        var one = request
        one.target = ByteSize(bytes: 1)
        var smallest = 1
        do throws(Failure) {
            // What may be copied has no smallest size: it is asked what an encode would take.
            _ = try Plan.make(for: source, request: one, mayRemux: false)
        } catch {
            smallest = Plan.roundedUp(error.smallestBytes ?? 1)
        }
        let rate = request.frameRateCap.kept(of: source.video.frameRate).value
        let size = request.heightCap.fitted(source.video.displaySize)
        return (
            min(smallest, max(1, source.bytes)),
            Double(size.pixels) * rate * max(0.04, source.durationSeconds)
        )
    }
}
