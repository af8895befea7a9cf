/* lexer.re - the lexer; re2c makes lexer.c of it.
 *
 * The text is a slice without a terminating zero, so every look at a character checks the end and
 * sees a zero byte there. Words are matched as one rule and then looked up among the keywords;
 * quoted text and comments are scanned by hand, as both need no automaton.
 */
#include "parser/lexer.h"

#include "parser/grammar.h"
#include "parser/keyword.h"

static token token_make(lexer *l, size_t start, size_t end, int code) {
    l->position = end;
    return (token){slice_make(l->sql.data + start, end - start), (int32_t)start, code};
}

/* From an opening quote to its closing one; a doubled quote is a quote inside. */
static token scan_quoted(lexer *l, size_t start, char quote, int code, int open_code) {
    for (size_t i = start + 1; i < l->sql.length; i++) {
        if (l->sql.data[i] != quote)
            continue;
        if (i + 1 == l->sql.length || l->sql.data[i + 1] != quote)
            return token_make(l, start, i + 1, code);
        i++;
    }
    return token_make(l, start, l->sql.length, open_code);
}

static size_t line_end(slice sql, size_t start) {
    const char *end = memchr(sql.data + start, '\n', sql.length - start);
    return end ? (size_t)(end - sql.data) : sql.length;
}

/* The byte behind a block comment, or 0 when it never ends. */
static size_t comment_end(slice sql, size_t start) {
    for (size_t i = start + 2; i + 1 < sql.length; i++)
        if (sql.data[i] == '*' && sql.data[i + 1] == '/')
            return i + 2;
    return 0;
}

/* One whole UTF-8 character, so that a message can show it. */
static size_t character_end(slice sql, size_t start) {
    size_t end = start + 1;
    while (end < sql.length && ((unsigned char)sql.data[end] & 0xC0) == 0x80)
        end++;
    return end;
}

token lexer_next(lexer *l) {
    size_t start, cursor = l->position, marker = 0;
    const size_t limit = l->sql.length;
    const char *data = l->sql.data;

#define TOKEN(code) return token_make(l, start, cursor, code)
again:
    start = cursor;
    /*!re2c
    re2c:yyfill:enable = 0;
    re2c:api = custom;
    re2c:api:style = free-form;
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYPEEK = "(cursor < limit ? (unsigned char)data[cursor] : 0)";
    re2c:define:YYSKIP = "++cursor;";
    re2c:define:YYBACKUP = "marker = cursor;";
    re2c:define:YYRESTORE = "cursor = marker;";

    end = [\x00];
    space = [ \t\r\n\f\v];
    digit = [0-9];
    letter = [A-Za-z_];
    exponent = [eE] [+-]? digit+;

    space+              { goto again; }
    "--"                { cursor = line_end(l->sql, cursor); goto again; }
    "*/"                {
                            if (!l->in_hint) {
                                cursor = start + 1;
                                TOKEN(TK_STAR);
                            }
                            l->in_hint = false;
                            TOKEN(TK_HINT_CLOSE);
                        }
    "/*"                {
                            if (l->dialect == PARSER_FLINK && cursor < limit && data[cursor] == '+') {
                                cursor++;
                                l->in_hint = true;
                                TOKEN(TK_HINT_OPEN);
                            }
                            size_t behind = comment_end(l->sql, start);
                            if (!behind)
                                return token_make(l, start, limit, TOKEN_OPEN_COMMENT);
                            cursor = behind;
                            goto again;
                        }

    "'"                 { return scan_quoted(l, start, '\'', TK_STRING, TOKEN_OPEN_STRING); }
    "`"                 { return scan_quoted(l, start, '`', TK_IDENTIFIER, TOKEN_OPEN_NAME); }
    ["]                 { return scan_quoted(l, start, '"', TK_IDENTIFIER, TOKEN_OPEN_NAME); }
    letter (letter | digit | "@")*
                        { TOKEN(keyword_code(l->dialect, slice_make(data + start, cursor - start))); }
    "${" letter (letter | digit)* "}"
                        { TOKEN(TOKEN_VARIABLE); }

    digit+              { TOKEN(TK_INTEGER); }
    digit+ "." digit* | "." digit+
                        { TOKEN(TK_DECIMAL); }
    (digit+ ("." digit*)? | "." digit+) exponent
                        { TOKEN(TK_DOUBLE); }
    digit+ (letter | "@") (letter | digit | "@")*
                        { TOKEN(TK_IDENTIFIER); }

    ";"                 { TOKEN(TK_SEMICOLON); }
    "("                 { TOKEN(TK_LEFT_PAREN); }
    ")"                 { TOKEN(TK_RIGHT_PAREN); }
    "["                 { TOKEN(TK_LEFT_BRACKET); }
    "]"                 { TOKEN(TK_RIGHT_BRACKET); }
    ","                 { TOKEN(TK_COMMA); }
    "."                 { TOKEN(TK_DOT); }
    "->"                { TOKEN(TK_ARROW); }
    "=>"                { TOKEN(TK_LAMBDA_ARROW); }
    ":="                { TOKEN(TK_ASSIGN); }
    "="                 { TOKEN(TK_EQUAL); }
    "<>" | "!="         { TOKEN(TK_NOT_EQUAL); }
    "<"                 { TOKEN(TK_LESS); }
    "<="                { TOKEN(TK_LESS_OR_EQUAL); }
    ">"                 { TOKEN(TK_GREATER); }
    ">="                { TOKEN(TK_GREATER_OR_EQUAL); }
    "+"                 { TOKEN(TK_PLUS); }
    "-"                 { TOKEN(TK_MINUS); }
    "*"                 { TOKEN(TK_STAR); }
    "/"                 { TOKEN(TK_SLASH); }
    "%"                 { TOKEN(TK_PERCENT); }
    "||"                { TOKEN(TK_CONCAT); }
    "|"                 { TOKEN(l->dialect == PARSER_FLINK ? TK_BAR : TOKEN_UNKNOWN); }
    "?"                 { TOKEN(l->dialect == PARSER_FLINK ? TK_QUESTION : TOKEN_UNKNOWN); }
    "{"                 { TOKEN(l->dialect == PARSER_FLINK ? TK_LEFT_BRACE : TOKEN_UNKNOWN); }
    "}"                 { TOKEN(l->dialect == PARSER_FLINK ? TK_RIGHT_BRACE : TOKEN_UNKNOWN); }

    end                 {
                            if (start >= limit)
                                return token_make(l, limit, limit, TOKEN_END);
                            TOKEN(TOKEN_UNKNOWN);
                        }
    *                   { return token_make(l, start, character_end(l->sql, start), TOKEN_UNKNOWN); }
    */
#undef TOKEN
}
