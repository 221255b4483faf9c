import Pipeline

/// What is done to a message, in the words of each command.
extension Direction {
  /// As in `would fetch`.
  var verb: String {
    switch self {
    case .pull: "fetch"
    case .push: "append"
    case .convert: "convert"
    }
  }

  /// As in `was fetched`.
  var participle: String {
    switch self {
    case .pull: "fetched"
    case .push: "appended"
    case .convert: "converted"
    }
  }

  /// Where the messages are afterwards.
  var place: String {
    switch self {
    case .pull, .convert: "in the archive"
    case .push: "on the target"
    }
  }
}

extension String {
  /// With its first letter in upper case.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
