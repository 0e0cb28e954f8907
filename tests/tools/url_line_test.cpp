// Lines of URL lists: good ones by what they mean, bad ones by what is said of them.
#include "tools/import/url_line.h"

#include <gtest/gtest.h>

#include "pharox/errors.h"

namespace pharox::tools {
namespace {

struct GoodLine {
  const char* line;
  std::optional<ProxyProtocol> protocol;
  const char* host;
  int port;
  std::optional<std::string> user = {};
  std::optional<std::string> password = {};
};

const GoodLine kGoodLines[] = {
    {"http://192.0.2.1:80", ProxyProtocol::http, "192.0.2.1", 80},
    {"https://proxy.example:443/", ProxyProtocol::https, "proxy.example", 443},
    {"SOCKS4://192.0.2.1:1080", ProxyProtocol::socks4, "192.0.2.1", 1080},
    {"socks4a://192.0.2.1:1080", ProxyProtocol::socks4, "192.0.2.1", 1080},
    {"socks5h://192.0.2.1:1080", ProxyProtocol::socks5, "192.0.2.1", 1080},
    {"socks5://[2001:db8::1]:1080", ProxyProtocol::socks5, "2001:db8::1", 1080},
    {"192.0.2.1:65535", {}, "192.0.2.1", 65535},
    {"[2001:db8::1]:8080", {}, "2001:db8::1", 8080},
    {"http://u:p@192.0.2.1:80", ProxyProtocol::http, "192.0.2.1", 80, "u", "p"},
    {"http://u%40x:p%3a%2Fq%20r@h.example:80", ProxyProtocol::http, "h.example", 80, "u@x",
     "p:/q r"},
    {"http://u:a:b@h.example:80", ProxyProtocol::http, "h.example", 80, "u", "a:b"},
    {"http://u:50%@h.example:80", ProxyProtocol::http, "h.example", 80, "u", "50%"},
    {"http://u:p@ss@h.example:80", ProxyProtocol::http, "h.example", 80, "u", "p@ss"},
    {"http://u@h.example:80", ProxyProtocol::http, "h.example", 80, "u"},
    {"u:p@h.example:80", {}, "h.example", 80, "u", "p"},
    {"h.example:80:u:p", {}, "h.example", 80, "u", "p"},
    {"h.example:80:u:p%20:x", {}, "h.example", 80, "u", "p%20:x"},
    {"h.example:80:u:p@ss", {}, "h.example", 80, "u", "p@ss"},
    {"h.example:80:u:x://y", {}, "h.example", 80, "u", "x://y"},
    {"[2001:db8::1]:80:u:p", {}, "2001:db8::1", 80, "u", "p"},
    {"http://h.example:80:u:p", ProxyProtocol::http, "h.example", 80, "u", "p"},
    {"  192.0.2.1:80  fast, checked today", {}, "192.0.2.1", 80},
    {"192.0.2.1:80\t# remark", {}, "192.0.2.1", 80},
    {"192.0.2.1:80\r", {}, "192.0.2.1", 80},
};

TEST(UrlLine, GoodLinesSayWhatTheyMean) {
  for (const GoodLine& good : kGoodLines) {
    SCOPED_TRACE(good.line);
    const auto row = parse_url_line(good.line);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->protocol, good.protocol);
    EXPECT_EQ(row->host, good.host);
    EXPECT_EQ(row->port, good.port);
    EXPECT_EQ(row->user, good.user);
    EXPECT_EQ(row->password, good.password);
  }
}

TEST(UrlLine, BlankLinesAndCommentsSayNothing) {
  for (const char* line : {"", " \t ", "\r", "# http://192.0.2.1:80", "   # indented"}) {
    EXPECT_FALSE(parse_url_line(line)) << line;
  }
}

struct BadLine {
  const char* line;
  const char* reason;
};

const BadLine kBadLines[] = {
    {"hello", "there is no port"},
    {"http://192.0.2.1", "there is no port"},
    {"http://", "there is no port"},
    {"http://:80", "there is no host"},
    {"192.0.2.1:0", "the port is not a number from 1 to 65535"},
    {"192.0.2.1:65536", "the port is not a number from 1 to 65535"},
    {"192.0.2.1:-80", "the port is not a number from 1 to 65535"},
    {"192.0.2.1:80x", "the port is not a number from 1 to 65535"},
    {"user:hunter2@192.0.2.1:x", "the port is not a number from 1 to 65535"},
    {"2001:db8::1:8080", "an IPv6 address needs brackets"},
    {"[2001:db8::1:8080", "a bracket is not closed"},
    {"[2001:db8::1]", "there is no port"},
    {"ftp://192.0.2.1:21", "the scheme 'ftp' is not http, https, socks4 or socks5"},
    {"http://192.0.2.1:80/hunter2", "there is text behind the port"},
    {"http://u:hunter2@192.0.2.1:80/path", "there is text behind the port"},
    {"192.0.2.1:80:hunter2", "there is text behind the port"},
};

TEST(UrlLine, BadLinesAreRefusedWithoutTheirPasswords) {
  for (const BadLine& bad : kBadLines) {
    SCOPED_TRACE(bad.line);
    try {
      parse_url_line(bad.line);
      ADD_FAILURE() << "accepted";
    } catch (const InvalidArgumentError& error) {
      EXPECT_STREQ(error.what(), bad.reason);
    }
  }
}

}  // namespace
}  // namespace pharox::tools
