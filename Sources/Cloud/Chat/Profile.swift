/// One of the two services that the cloud route speaks as: its name there, and what it promises.
package struct Profile: Sendable, Equatable {
    /// A language of the "Try saying" lines.
    package enum Language: String, Sendable, CaseIterable {
        case english = "en"
        case chinese = "zh-CN"
    }

    /// The value of `X-Skill-Source` (§1.2).
    package var skillSource: String
    /// Its name for people.
    package var title: String
    /// What people call it on the command line.
    package var name: String
    /// The service's own first words.
    package var greeting: [Language: String]
    /// The height of its exports unless another is asked for, in pixels.
    package var defaultHeight: Int
    /// What to try first, as the service's own text says it.
    package var trySaying: [Language: [String]]

    /// The `task_name` of a new session (§3).
    package static let taskName = "project"
    /// How long a render typically takes, in seconds.
    package static let typicalSeconds = 30...90
    /// The largest upload in bytes: of the two readings of "500 MB" the smaller (§5.4).
    package static let mostUploadBytes: Int64 = 500_000_000

    /// Video Compressor Clideo: smaller videos at 1080p.
    package static let clideo = Profile(
        skillSource: "video-compressor-clideo",
        title: "Video Compressor Clideo",
        name: "clideo",
        greeting: [
            .english: "Got large video files to work with? Send it over and tell me what you need "
                + "— I'll take care of the AI video compression.",
            .chinese: "有大视频文件要处理吗？发过来，告诉我您的需求，AI 视频压缩交给我。",
        ],
        defaultHeight: 1080,
        trySaying: [
            .english: [
                "compress a 500MB MP4 wedding video into a 1080p MP4",
                "compress this video to under 50MB without losing too much quality",
                "reducing video file size for sharing or uploading for content creators, students,"
                    + " marketers",
            ],
            .chinese: [
                "把 500MB 的 MP4 婚礼视频压缩成 1080p 的 MP4",
                "把这个视频压缩到 50MB 以下，画质不要损失太多",
                "为内容创作者、学生和营销人员减小视频文件，方便分享或上传",
            ],
        ]
    )

    /// Video Compressor 8MB: down to 8 MB at 720p.
    package static let eightMB = Profile(
        skillSource: "video-compressor-8mb",
        title: "Video Compressor 8MB",
        name: "8mb",
        greeting: [
            .english:
                "Share your video files and I'll get started on AI video compression. Or just "
                + "tell me what you're thinking.",
            .chinese: "把视频文件发给我，我就开始 AI 视频压缩；也可以直接说说您的想法。",
        ],
        defaultHeight: 720,
        trySaying: [
            .english: [
                "compress my video files", "export 720p MP4", "compress this video down to 8MB",
            ],
            .chinese: ["压缩我的视频文件", "导出 720p MP4", "把这个视频压缩到 8MB"],
        ]
    )

    /// Both.
    package static let all = [clideo, eightMB]

    /// One line on what may be uploaded, for help and for refusals.
    package static var formatsLine: String {
        let all = MediaFormat.allCases.map(\.rawValue).joined(separator: ", ")
        let best = MediaFormat.allCases.filter(\.isRecommended).map(\.rawValue)
        return "Supported: \(all); best as \(best.dropLast().joined(separator: ", "))"
            + " or \(best.last ?? "")."
    }
}

extension Profile {
    /// The profile that people call so, in any case; nil for any other name.
    package init?(named name: String) {
        guard let found = Self.all.first(where: { $0.name == name.lowercased() }) else {
            return nil
        }
        self = found
    }
}
