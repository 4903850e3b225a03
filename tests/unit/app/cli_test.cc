// The command line as a tree: help, man page and completion hold every verb; names of nodes and
// packs.
#include "gateway/app/cli.h"

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>

#include <filesystem>
#include <functional>

#include "gateway/app/check_input.h"
#include "gateway/app/packs.h"
#include "gateway/base/limits.h"
#include "tests/support/assert_ok.h"
#include "tests/support/temp_dir.h"

namespace tombolo::app {
namespace {

using ::testing::HasSubstr;

constexpr char kGood[] = "spiffe://federation.example/cn/31";

// Every verb that does something, with the words that lead to it.
void EachVerb(CLI::App* app, const std::string& path,
              const std::function<void(CLI::App*, const std::string&)>& visit) {
  for (CLI::App* verb : app->get_subcommands([](const CLI::App*) { return true; })) {
    const std::string name = path.empty() ? verb->get_name() : path + " " + verb->get_name();
    visit(verb, name);
    EachVerb(verb, name, visit);
  }
}

TEST(CommandLine, EveryVerbHasSummaryExampleAndHelp) {
  Session session;
  const auto app = MakeCommandLine(&session);
  int verbs = 0;
  EachVerb(app.get(), "", [&](CLI::App* verb, const std::string& path) {
    ++verbs;
    const std::string help = verb->help();
    EXPECT_NE(verb->get_description(), "") << path;
    EXPECT_THAT(help, HasSubstr("Example:\n")) << path;
    EXPECT_THAT(help, HasSubstr("tombolo " + path.substr(0, path.find(' ')))) << path;
    for (const CLI::Option* option : verb->get_options()) {
      EXPECT_NE(option->get_description(), "") << path << " " << option->get_name();
    }
  });
  EXPECT_GE(verbs, 20);
}

TEST(CommandLine, ManPageAndCompletionHoldEveryVerbAndOption) {
  Session session;
  const auto app = MakeCommandLine(&session);
  const std::string man = ManPage(app.get());
  const std::string completion = BashCompletion(app.get());
  EachVerb(app.get(), "", [&](CLI::App* verb, const std::string& path) {
    EXPECT_THAT(completion, HasSubstr("'" + path + "')"));
    if (verb->get_subcommands([](const CLI::App*) { return true; }).empty()) {
      EXPECT_THAT(man, HasSubstr(".SS tombolo " + path + "\n"));
    }
    for (const CLI::Option* option : verb->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        EXPECT_THAT(completion, HasSubstr("--" + name)) << path;
      }
    }
  });
}

TEST(CommandLine, TheManPageHasEveryErrorWithItsExitCode) {
  Session session;
  const auto app = MakeCommandLine(&session);
  const std::string man = ManPage(app.get());
  for (const CodeInfo& info : AllCodes()) {
    const size_t at = man.find(".B " + std::string(info.name) + "\n");
    ASSERT_NE(at, std::string::npos) << info.name;
    EXPECT_THAT(man.substr(at, man.find(".TP", at) - at),
                HasSubstr("Exit code " + std::to_string(info.exit_code) + "."));
    EXPECT_GE(info.exit_code, 1) << info.name;
    EXPECT_LE(info.exit_code, 4) << info.name;
  }
}

int RunProgram(std::vector<const char*> words) {
  words.insert(words.begin(), "tombolo");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = RunCommandLine(static_cast<int>(words.size()), words.data());
  ::testing::internal::GetCapturedStdout();
  ::testing::internal::GetCapturedStderr();
  return code;
}

TEST(CommandLine, ExitCodes) {
  testing::TempDir dir;
  const std::string node = dir.File("node");
  EXPECT_EQ(RunProgram({"--help"}), 0);
  EXPECT_EQ(RunProgram({"ingest", "--help"}), 0);
  EXPECT_EQ(RunProgram({}), 2);
  EXPECT_EQ(RunProgram({"no-such-verb"}), 2);
  EXPECT_EQ(RunProgram({"records"}), 2);
  EXPECT_EQ(RunProgram({"init", node.c_str()}), 2);  // no origin
  EXPECT_EQ(RunProgram({"init", node.c_str(), "--origin", "http://x"}), 2);
  EXPECT_EQ(RunProgram({"status", "--node", node.c_str()}), 2);  // nothing was made
  EXPECT_EQ(RunProgram({"init", node.c_str(), "--origin", kGood}), 0);
  EXPECT_EQ(RunProgram({"init", node.c_str(), "--origin", kGood}), 2);
  EXPECT_EQ(RunProgram({"status", "--node", node.c_str()}), 0);
  EXPECT_EQ(RunProgram({"status", "--node", node.c_str(), "--json"}), 0);
  EXPECT_EQ(RunProgram({"records", "list", "--node", node.c_str(), "--json"}), 0);
  EXPECT_EQ(RunProgram({"quarantine", "list", "--node", node.c_str(), "--json"}), 0);
  std::filesystem::permissions(node + "/signing.key", std::filesystem::perms::all);
  EXPECT_EQ(RunProgram({"status", "--node", node.c_str()}), 4);
}

TEST(CommandLine, ADraftedPackIsSoundAndSaysWhatItsTestWants) {
  testing::TempDir dir;
  dir.Write("licences.csv", "Licence No,Issued\nA1,2020-01-02\nA2,2020-01-03\n");
  const std::string sample = dir.File("licences.csv");
  const std::string pack = dir.File("town");
  EXPECT_EQ(RunProgram({"pack", "new", "town", sample.c_str(), "--out", pack.c_str()}), 0);
  EXPECT_EQ(RunProgram({"pack", "check", pack.c_str()}), 0);
  EXPECT_EQ(RunProgram({"pack", "test", pack.c_str()}), 2);  // no folder for samples: NOT_FOUND
  dir.Write("town/sample/licences.csv", "Licence No,Issued\nA1,2020-01-02\nA2,2020-01-03\n");
  EXPECT_EQ(RunProgram({"pack", "test", pack.c_str(), "--write"}), 0);
  EXPECT_EQ(RunProgram({"pack", "test", pack.c_str()}), 0);
}

TEST(CommandLine, LogsOfLibrariesAreTaken) {
  google::protobuf::SetLogHandler(nullptr);  // silent
  EXPECT_EQ(RunProgram({"--help"}), 0);
  ::testing::internal::CaptureStderr();
  GOOGLE_LOG(WARNING) << "odd";
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "tombolo: warning: libprotobuf: odd\n");
}

TEST(CommandLine, ANewNodeIsForItsOwnerAndMadeWholeOrNotAtAll) {
  testing::TempDir dir;
  v1::NodeConfig config;
  config.set_origin(kGood);
  EXPECT_FALSE(NodeFolder::Make(dir.File("no/parent"), config).ok());
  config.set_suite("SHA1_RSA");
  EXPECT_FALSE(NodeFolder::Make(dir.File("node"), config).ok());
  config.clear_suite();
  dir.Write("full/file", "");
  EXPECT_CODE(Code::ALREADY_EXISTS, NodeFolder::Make(dir.File("full"), config));
  int left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    EXPECT_EQ(entry.path().filename(), "full");
    ++left;
  }
  EXPECT_EQ(left, 1);
  ASSERT_OK(NodeFolder::Make(dir.File("node"), config));
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  for (const char* name : {"node", "node/secret", "node/signing.key"}) {
    EXPECT_EQ(std::filesystem::status(dir.File(name)).permissions() & others,
              std::filesystem::perms::none)
        << name;
  }
}

TEST(NodeFolder, AConfigurationAtTheLimitAndBeyond) {
  testing::TempDir dir;
  v1::NodeConfig config;
  config.set_origin(kGood);
  ASSERT_OK(NodeFolder::Make(dir.File("node"), config));
  std::string yaml = dir.Read("node/node.yaml") + "#";
  yaml.resize(limits::kYamlBytesMax, '.');
  dir.Write("node/node.yaml", yaml);
  EXPECT_OK(NodeFolder::Open(dir.File("node"), Access::kRead));
  dir.Write("node/node.yaml", yaml + ".");
  EXPECT_CODE(Code::LIMIT_EXCEEDED, NodeFolder::Open(dir.File("node"), Access::kRead));
}

TEST(EachInput, ALineAtTheLimitAndBeyond) {
  testing::TempDir dir;
  const std::string most(limits::kRowBytesMax, 'x');
  std::vector<size_t> lines;
  const auto take = [&](const std::string& content) {
    lines.clear();
    return EachInput({dir.Write("lines", content)}, limits::kRowBytesMax,
                     [&](std::string_view line) {
                       lines.push_back(line.size());
                       return absl::OkStatus();
                     });
  };
  EXPECT_OK(take("a\n" + most + "\nb"));
  EXPECT_EQ(lines, (std::vector<size_t>{1, limits::kRowBytesMax, 1}));
  EXPECT_OK(take(most));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, take("a\n" + most + "x\n"));
  EXPECT_EQ(lines, std::vector<size_t>{1});
}

TEST(CheckOrigin, TakesSpiffeIdsWithAPath) {
  for (const std::string& origin :
       {std::string(kGood), std::string("spiffe://a/b"), std::string("spiffe://a-b.c_d/E/f.g")}) {
    EXPECT_OK(CheckOrigin(origin));
  }
  for (const char* origin :
       {"", "spiffe://", "spiffe://a", "spiffe://a/", "spiffe:///a", "http://a/b", "SPIFFE://a/b",
        "spiffe://A/b", "spiffe://a//b", "spiffe://a/b/", "spiffe://a/../b", "spiffe://a/.",
        "spiffe://a/b c", "spiffe://a/b?c", "spiffe://a/b#c", "spiffe://a:1/b", "spiffe://u@a/b",
        "spiffe://a/上海", "spiffe://a/%20"}) {
    EXPECT_CODE(Code::INVALID_ARGUMENT, CheckOrigin(origin)) << origin;
  }
}

TEST(CheckOrigin, AtTheLimitAndBeyond) {
  std::string origin = "spiffe://a/";
  origin += std::string(limits::kOriginBytesMax - origin.size(), 'x');
  EXPECT_OK(CheckOrigin(origin));
  EXPECT_CODE(Code::INVALID_ARGUMENT, CheckOrigin(origin + "x"));
}

TEST(PackShelf, FilesOutsideThePackAreRefused) {
  testing::TempDir dir;
  dir.Write("secret", "x");
  dir.Write("pack/inside", "y");
  const PackShelf shelf{v1::NodeConfig()};
  const engine::FileText files = shelf.FilesOf(dir.File("pack"));
  ASSERT_OK_AND_ASSIGN(const std::string text, files("inside"));
  EXPECT_EQ(text, "y");
  for (const std::string& file : {std::string("../secret"), dir.File("secret"), std::string(""),
                                  std::string("a/../../secret")}) {
    EXPECT_CODE(Code::PACK_INVALID, files(file)) << file;
  }
  EXPECT_CODE(Code::FILE_UNREADABLE, files("absent"));
}

TEST(PackShelf, AFileAtTheLimitAndBeyond) {
  testing::TempDir dir;
  dir.Write("pack/list.csv", "x");
  const PackShelf shelf{v1::NodeConfig()};
  const engine::FileText files = shelf.FilesOf(dir.File("pack"));
  const std::string path = dir.File("pack/list.csv");
  std::filesystem::resize_file(path, limits::kPackFileBytesMax);
  ASSERT_OK_AND_ASSIGN(const std::string text, files("list.csv"));
  EXPECT_EQ(text.size(), limits::kPackFileBytesMax);
  std::filesystem::resize_file(path, limits::kPackFileBytesMax + 1);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, files("list.csv"));
}

TEST(PackShelf, NamesWhatThereIs) {
  PackShelf shelf{v1::NodeConfig()};
  EXPECT_GE(shelf.All().size(), 4u);
  const Status status = shelf.Load("no-such-pack").status();
  EXPECT_EQ(CodeOf(status), Code::NOT_FOUND);
  EXPECT_THAT(Describe(status), HasSubstr("uk-fhrs"));
  const Status scheme = shelf.CheckIdentifier("no.such", "1").status();
  EXPECT_EQ(CodeOf(scheme), Code::SCHEME_UNKNOWN);
  EXPECT_THAT(Describe(scheme), HasSubstr("cn.uscc"));
  ASSERT_OK_AND_ASSIGN(const record::IdentifierCheck check, shelf.CheckIdentifier("iso.lei", "x"));
  EXPECT_FALSE(check.accepted());
}

}  // namespace
}  // namespace tombolo::app
