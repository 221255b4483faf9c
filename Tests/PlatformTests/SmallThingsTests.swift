import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FreeSpaceTests {
  @Test func aDiskHasRoom() throws {
    let temporary = try TemporaryDirectory()
    #expect(try FreeSpace.available(at: temporary.directory) > 0)
  }

  @Test func aDiskWithoutBlocksHasNone() throws {
    #expect(try FreeSpace.available(at: Directory.open(path: "/proc")) == 0)
  }
}

@Suite struct RandomIDTests {
  @Test(arguments: [0, 1, 8, 16]) func hexadecimalOfItsLength(count: Int) {
    let text = RandomID.hex(bytes: count)
    #expect(text.utf8.count == 2 * count)
    #expect(text.allSatisfy { $0.isHexDigit && !$0.isUppercase })
  }

  @Test func differsEachTime() {
    #expect(Set((0..<100).map { _ in RandomID.hex(bytes: 8) }).count == 100)
  }
}

@Suite struct EnvironmentTests {
  @Test func valuesOfVariables() {
    #expect(Environment.value("PATH")?.isEmpty == false)
    #expect(Environment.value("MAILARC_NO_SUCH_VARIABLE") == nil)
  }
}

@Suite struct SystemErrorTests {
  @Test(arguments: [
    (ENOSPC, "no space"), (EDQUOT, "no space"), (EFBIG, "no space"), (ENOENT, "not found"),
    (ENOTDIR, "not found"), (EEXIST, "exists"), (ENOTEMPTY, "exists"), (EACCES, "denied"),
    (EROFS, "denied"), (EIO, "other"),
  ]) func kinds(errno: Int32, kind: String) {
    let error = SystemError(errno: errno, operation: "test", path: nil)
    #expect(error.isNoSpace == (kind == "no space"))
    #expect(error.isNotFound == (kind == "not found"))
    #expect(error.isExists == (kind == "exists"))
    #expect(error.isDenied == (kind == "denied"))
  }

  @Test func aPathIsAddedOnlyWhereThereIsNone() {
    let error = SystemError(errno: EIO, operation: "write", path: nil)
    #expect(error.description == "write: Input/output error")
    #expect(error.at("a").at("b").path == "a")
  }
}
