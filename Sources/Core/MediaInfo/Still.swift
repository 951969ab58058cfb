/// Facts about one picture: what a probe yields and a plan starts from.
package struct StillSource: Hashable, Codable, Sendable {
    package var path: String
    package var bytes: Int
    /// libav's short name of the container, as in `jpeg_pipe`.
    package var container: String
    package var codec: String
    /// Stored size in pixels, before it is turned.
    package var codedSize: PixelSize
    package var orientation: Orientation
    /// Size as it should be seen: upright.
    package var displaySize: PixelSize
    /// Whether there is transparency, used or not.
    package var hasAlpha: Bool
    package var colour: Colour
    package var metadata: Metadata
    /// Whether everybody can show the coded picture as it is: none of inks, none that is cut off.
    package var showsEverywhere: Bool

    package init(
        path: String,
        bytes: Int,
        container: String,
        codec: String,
        codedSize: PixelSize,
        orientation: Orientation = Orientation(),
        displaySize: PixelSize? = nil,
        hasAlpha: Bool = false,
        colour: Colour = Colour(),
        metadata: Metadata = Metadata(),
        showsEverywhere: Bool = false
    ) {
        self.path = path
        self.bytes = bytes
        self.container = container
        self.codec = codec
        self.codedSize = codedSize
        self.orientation = orientation
        self.displaySize = displaySize ?? codedSize
        self.hasAlpha = hasAlpha
        self.colour = colour
        self.metadata = metadata
        self.showsEverywhere = showsEverywhere
    }
}
