import Core
import Dispatch
import Foundation
import Synchronization
package import SystemPackage

/// What the system tells of a folder, and of folders in it that are added.
///
/// That something in it changed, and which file was closed by its writer. On Linux inotify, on macOS a
/// descriptor's events, which tell neither of names nor of closing. The stream lasts as long as this is kept,
/// by one task; what is held of the system goes with it.
package final class FolderEvents {
    /// Something that happened.
    package enum Event: Sendable, Equatable {
        /// Somewhere in the folder, or more than could be remembered.
        case changed
        /// A file is being written.
        case written(String)
        /// A file was closed after writing, or was moved here.
        case closed(String)
        /// The folder itself is not there any more.
        case gone
    }

    package let stream: AsyncStream<Event>
    private let source: any DispatchSourceProtocol
    private let folder: FilePath
    private let places = Places()
    #if os(Linux)
    private let descriptor: FileDescriptor
    #else
    private let events: AsyncStream<Event>.Continuation
    private let queue: DispatchQueue
    #endif

    /// The folders that were added, by what the system calls them; names in them begin with theirs.
    private final class Places: Sendable {
        let names = Locked<[UInt32: String]>([:])
        #if !os(Linux)
        let sources = Locked<[String: any DispatchSourceProtocol]>([:])
        #endif
    }

    /// Whether it tells of closing.
    #if os(Linux)
    package static let hearsClosing = true
    #else
    package static let hearsClosing = false
    #endif

    /// Begins to listen; nil where the system does not allow it.
    package init?(_ folder: FilePath) {
        let (stream, events) = AsyncStream.makeStream(of: Event.self)
        self.stream = stream
        self.folder = folder
        let queue = DispatchQueue(label: "cinch.folder")
        #if os(Linux)
        let number = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard number >= 0 else { return nil }
        let descriptor = FileDescriptor(rawValue: number)
        self.descriptor = descriptor
        guard unsafe inotify_add_watch(number, folder.string, Self.mask) >= 0 else {
            try? descriptor.close()
            return nil
        }
        let places = places
        let source = DispatchSource.makeReadSource(fileDescriptor: number, queue: queue)
        source.setEventHandler {
            for event in Self.read(descriptor, places) { events.yield(event) }
        }
        #else
        (self.events, self.queue) = (events, queue)
        guard let (source, descriptor) = Self.source(of: folder, queue) else { return nil }
        source.setEventHandler { events.yield(.changed) }
        #endif
        source.setCancelHandler {
            try? descriptor.close()
            events.finish()
        }
        source.resume()
        self.source = source
    }

    /// Stops listening, which ends the stream.
    deinit {
        source.cancel()
        #if !os(Linux)
        for source in places.sources.withLock({ Array($0.values) }) { source.cancel() }
        #endif
    }

    /// Listens to a folder in the folder too, by its path from there.
    ///
    /// - Returns: whether it did not before.
    package func add(_ place: String) -> Bool {
        let path = folder.appending(place)
        #if os(Linux)
        // The system gives the same number for the same folder.
        let number = unsafe inotify_add_watch(descriptor.rawValue, path.string, Self.mask)
        guard number >= 0 else { return false }
        return places.names.withLock { $0.updateValue(place, forKey: UInt32(number)) } != place
        #else
        let events = events
        guard places.sources.withLock({ $0[place] }) == nil,
            let (source, descriptor) = Self.source(of: path, queue)
        else { return false }
        source.setEventHandler { events.yield(.changed) }
        source.setCancelHandler { try? descriptor.close() }
        source.resume()
        places.sources.withLock { $0[place] = source }
        return true
        #endif
    }

    #if !os(Linux)
    private static func source(
        of folder: FilePath,
        _ queue: DispatchQueue
    ) -> ((any DispatchSourceFileSystemObject), FileDescriptor)? {
        let number = unsafe open(folder.string, O_EVTONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let source = DispatchSource.makeFileSystemObjectSource(
            fileDescriptor: number,
            eventMask: [.write, .delete, .rename],
            queue: queue
        )
        return (source, FileDescriptor(rawValue: number))
    }
    #endif

    #if os(Linux)
    private static let mask =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_CREATE) | UInt32(IN_MODIFY)
        | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)

    /// All that is there to be read.
    private static func read(_ descriptor: FileDescriptor, _ places: Places) -> [Event] {
        var events: [Event] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count =
                (try? unsafe buffer.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) })
                ?? 0
            guard count > 0 else { return events }
            events += parse(buffer[..<count], places: places.names.withLock { $0 })
        }
    }

    /// The events in bytes as the kernel writes them: four numbers of 32 bits, the last the length of the name
    /// that follows, which zeros fill up.
    ///
    /// `places`: the folders in the folder, by the numbers that come first.
    package static func parse(
        _ bytes: ArraySlice<UInt8>,
        places: [UInt32: String] = [:]
    ) -> [Event] {
        var events: [Event] = []
        var rest = bytes
        func number(_ index: Int) -> UInt32 {
            let start = rest.startIndex + index * 4
            return rest[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        while rest.count >= 16 {
            let (place, mask, length) = (places[number(0)], number(1), Int(number(3)))
            guard rest.count >= 16 + length else { return events + [.changed] }
            let name = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
            func has(_ bits: some BinaryInteger) -> Bool {
                mask & UInt32(truncatingIfNeeded: bits) != 0
            }
            if has(IN_DELETE_SELF) || has(IN_MOVE_SELF) || has(IN_IGNORED) || has(IN_UNMOUNT) {
                events.append(place == nil ? .gone : .changed)
            } else {
                let own = String(decoding: name, as: UTF8.self)
                let name = own.isEmpty ? own : place.map { "\($0)/\(own)" } ?? own
                let isClosed = has(IN_CLOSE_WRITE) || has(IN_MOVED_TO)
                let event: Event =
                    name.isEmpty ? .changed : isClosed ? .closed(name) : .written(name)
                // A recorder writes a hundred times a second.
                if events.last != event { events.append(event) }
            }
            rest = rest.dropFirst(16 + length)
        }
        return events
    }
    #endif
}
