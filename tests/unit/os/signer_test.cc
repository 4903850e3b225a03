#include "gateway/os/signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gateway/base/limits.h"
#include "gateway/os/key_file.h"

namespace tombolo::os {
namespace {

using ::testing::HasSubstr;

constexpr ledger::Suite kSuites[] = {v1::SHA256_ED25519, v1::SHA256_ECDSA_P256,
                                     v1::SHA384_ECDSA_P384};

class SignerTest : public ::testing::Test {
 protected:
  SignerTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "tombolo-signer-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~SignerTest() override { std::filesystem::remove_all(folder_); }
  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Write(const std::string& name, const std::string& content, mode_t mode = 0600) {
    std::ofstream(Path(name)) << content;
    chmod(Path(name).c_str(), mode);
    return Path(name);
  }
  static std::string Read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder_;
};

TEST_F(SignerTest, EverySuiteSignsAndVerifies) {
  for (const ledger::Suite suite : kSuites) {
    const std::string path = Path("key" + std::to_string(suite));
    ASSERT_TRUE(GenerateKeyFile(suite, path).ok());
    const auto signer = LoadSigner(suite, path);
    ASSERT_TRUE(signer.ok()) << signer.status();
    EXPECT_EQ((*signer)->suite(), suite);
    EXPECT_EQ((*signer)->key_id(), ledger::KeyIdOf((*signer)->public_key_der()));
    const auto verifier = ledger::Verifier::FromPublicKey(suite, (*signer)->public_key_der());
    ASSERT_TRUE(verifier.ok());
    const auto signature = (*signer)->Sign("a body");
    ASSERT_TRUE(signature.ok());
    EXPECT_TRUE(verifier->Verify("a body", *signature).ok());
    EXPECT_EQ(CodeOf(verifier->Verify("A body", *signature)), Code::SIGNATURE_INVALID);
    EXPECT_EQ(CodeOf(verifier->Verify("a body", "")), Code::SIGNATURE_INVALID);
    EXPECT_EQ(CodeOf(verifier->Verify("a body", *signature + "x")), Code::SIGNATURE_INVALID);
    std::string flipped = *signature;
    flipped.back() ^= 1;
    EXPECT_EQ(CodeOf(verifier->Verify("a body", flipped)), Code::SIGNATURE_INVALID);
  }
}

TEST_F(SignerTest, TheKeyIsTheSameAfterLoadingAgain) {
  ASSERT_TRUE(GenerateKeyFile(v1::SHA256_ED25519, Path("key")).ok());
  const auto a = LoadSigner(v1::SHA256_ED25519, Path("key"));
  const auto b = LoadSigner(v1::SHA256_ED25519, Path("key"));
  EXPECT_EQ((*a)->key_id(), (*b)->key_id());
  EXPECT_EQ(*(*a)->Sign("x"), *(*b)->Sign("x"));
}

TEST_F(SignerTest, TheFileIsForItsOwnerOnly) {
  ASSERT_TRUE(GenerateKeyFile(v1::SHA256_ED25519, Path("key")).ok());
  struct stat info = {};
  ASSERT_EQ(stat(Path("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777u, 0600u);
  EXPECT_THAT(Read(Path("key")), HasSubstr("-----BEGIN PRIVATE KEY-----"));
}

TEST_F(SignerTest, RefusesAKeyThatOthersCanReach) {
  ASSERT_TRUE(GenerateKeyFile(v1::SHA256_ED25519, Path("key")).ok());
  for (const mode_t mode : {0640, 0604, 0620, 0601, 0666}) {
    chmod(Path("key").c_str(), mode);
    const Status status = LoadSigner(v1::SHA256_ED25519, Path("key")).status();
    EXPECT_EQ(CodeOf(status), Code::FILE_UNREADABLE) << std::oct << mode;
    EXPECT_THAT(Describe(status), HasSubstr("chmod 600"));
  }
  chmod(Path("key").c_str(), 0400);
  EXPECT_TRUE(LoadSigner(v1::SHA256_ED25519, Path("key")).ok());
}

TEST_F(SignerTest, NeverOverwritesAKey) {
  ASSERT_TRUE(GenerateKeyFile(v1::SHA256_ED25519, Path("key")).ok());
  const std::string before = Read(Path("key"));
  EXPECT_EQ(CodeOf(GenerateKeyFile(v1::SHA256_ED25519, Path("key"))), Code::ALREADY_EXISTS);
  EXPECT_EQ(Read(Path("key")), before);
}

TEST_F(SignerTest, RefusesAKeyOfAnotherSuite) {
  for (const ledger::Suite made : kSuites) {
    const std::string path = Path("key" + std::to_string(made));
    ASSERT_TRUE(GenerateKeyFile(made, path).ok());
    for (const ledger::Suite wanted : kSuites) {
      if (wanted == made) continue;
      EXPECT_EQ(CodeOf(LoadSigner(wanted, path).status()), Code::INVALID_ARGUMENT);
    }
    EXPECT_EQ(CodeOf(LoadSigner(v1::SUITE_UNSPECIFIED, path).status()), Code::SCHEMA_UNSUPPORTED);
  }
  EXPECT_EQ(CodeOf(GenerateKeyFile(v1::SUITE_UNSPECIFIED, Path("none"))), Code::SCHEMA_UNSUPPORTED);
  EXPECT_EQ(CodeOf(GenerateKeyFile(static_cast<v1::Suite>(4), Path("none"))),
            Code::SCHEMA_UNSUPPORTED);
}

TEST_F(SignerTest, RefusesWhatIsNoKey) {
  EXPECT_EQ(CodeOf(LoadSigner(v1::SHA256_ED25519, Path("absent")).status()), Code::FILE_UNREADABLE);
  EXPECT_EQ(CodeOf(LoadSigner(v1::SHA256_ED25519, folder_).status()), Code::FILE_UNREADABLE);
  EXPECT_EQ(CodeOf(LoadSigner(v1::SHA256_ED25519, Write("empty", "")).status()),
            Code::INVALID_ARGUMENT);
  EXPECT_EQ(CodeOf(LoadSigner(v1::SHA256_ED25519, Write("text", "hello\n")).status()),
            Code::INVALID_ARGUMENT);
  ASSERT_TRUE(GenerateKeyFile(v1::SHA256_ED25519, Path("key")).ok());
  const std::string pem = Read(Path("key"));
  EXPECT_EQ(CodeOf(LoadSigner(v1::SHA256_ED25519, Write("cut", pem.substr(0, 80))).status()),
            Code::INVALID_ARGUMENT);
}

TEST_F(SignerTest, SecretFileSizeLimit) {
  const std::string most(limits::kSecretFileBytesMax, 'x');
  const auto read = ReadSecretFile(Write("most", most));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->view(), most);
  EXPECT_EQ(CodeOf(ReadSecretFile(Write("more", most + "x")).status()), Code::LIMIT_EXCEEDED);
}

}  // namespace
}  // namespace tombolo::os
