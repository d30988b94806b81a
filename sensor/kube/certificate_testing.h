// SPDX-License-Identifier: Apache-2.0
// Certificates made on the spot, for the tests of who is believed.
#ifndef NAMEWARD_KUBE_CERTIFICATE_TESTING_H_
#define NAMEWARD_KUBE_CERTIFICATE_TESTING_H_

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace nameward {

// A folder of its own that goes with the test.
class TestFolder {
 public:
  TestFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "nameward-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string Write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::ofstream(file) << text;
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

// A certificate with its key.
class Identity {
 public:
  struct Spec {
    std::string common_name = "node-1";
    std::string alternatives = "DNS:node-1,IP:127.0.0.1,IP:::1";
    long from_hours = -1;
    long to_hours = 24;
    bool authority = false;
  };
  // Without an issuer it signs itself.
  explicit Identity(const Spec& spec, const Identity* issuer = nullptr)
      : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free),
        certificate_(X509_new(), &X509_free) {
    static std::atomic<long> serial{1};
    X509* x = certificate_.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), spec.from_hours * 3600);
    X509_gmtime_adj(X509_getm_notAfter(x), spec.to_hours * 3600);
    X509_set_pubkey(x, key_.get());
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(x), "CN", MBSTRING_ASC,
        reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1,
        -1, 0);
    const Identity& signer = issuer == nullptr ? *this : *issuer;
    X509_set_issuer_name(x, X509_get_subject_name(signer.certificate()));
    if (!spec.alternatives.empty())
      Extend(NID_subject_alt_name, spec.alternatives);
    if (spec.authority) Extend(NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(x, signer.key(), EVP_sha256());
  }

  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

  std::string CertificatePem() const {
    return Pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate()); });
  }
  std::string KeyPem() const {
    return Pem([&](BIO* bio) {
      PEM_write_bio_PrivateKey(bio, key(), nullptr, nullptr, 0, nullptr,
                               nullptr);
    });
  }

 private:
  void Extend(int nid, const std::string& value) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    if (extension == nullptr) std::abort();
    X509_add_ext(certificate(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  template <typename Write>
  static std::string Pem(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                        &BIO_free);
    write(bio.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<size_t>(size));
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

inline Identity Authority(const std::string& name) {
  return Identity({.common_name = name, .alternatives = "", .authority = true});
}

}  // namespace nameward

#endif  // NAMEWARD_KUBE_CERTIFICATE_TESTING_H_
