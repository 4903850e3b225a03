// A folder of the test's own, removed with everything in it at the end.
//
// Ownership: owns the folder. Thread-safety: one thread; several objects never share a folder.
// Errors: a folder that cannot be made or a file that cannot be written ends the test binary with
// the reason.
#ifndef TOMBOLO_TESTS_SUPPORT_TEMP_DIR_H_
#define TOMBOLO_TESTS_SUPPORT_TEMP_DIR_H_

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace tombolo::testing {

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tombolo-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) GiveUp("no temporary folder", pattern);
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // The full path of `name` in the folder; nothing is made.
  std::string File(std::string_view name) const { return (path_ / name).string(); }

  // Writes a file, with the folders on its way, and returns its full path.
  std::string Write(std::string_view name, std::string_view content) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    if (!out) GiveUp("cannot write", file.string());
    return file.string();
  }

  std::string Read(std::string_view name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    if (!in) GiveUp("cannot read", File(name));
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
  }

 private:
  [[noreturn]] static void GiveUp(const char* what, const std::string& name) {
    std::fprintf(stderr, "%s: %s\n", what, name.c_str());
    std::abort();
  }

  std::filesystem::path path_;
};

}  // namespace tombolo::testing

#endif  // TOMBOLO_TESTS_SUPPORT_TEMP_DIR_H_
