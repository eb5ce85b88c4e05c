# Answers oracle cases with R's survey package, so that `python -m tests.referee` can judge us.
#   Rscript tests/r_compare.R CASES.json DATA_DIR OUT.json
# Cases have the schema of the open oracle cases; `expected` is filled in here. Debian:
#   apt-get install r-base-core r-cran-survey r-cran-mass r-cran-jsonlite
suppressMessages({library(survey); library(jsonlite)})
args <- commandArgs(trailingOnly = TRUE)

read_data <- function(name, factors) {
  d <- read.csv(file.path(args[2], paste0(name, ".csv")), stringsAsFactors = TRUE,
                na.strings = c("NA", ""), check.names = FALSE)
  for (f in unlist(factors)) d[[f]] <- factor(d[[f]])
  d
}
plus <- function(names) as.formula(paste("~", paste(unlist(names), collapse = "+")))
maybe <- function(names) if (is.null(names)) NULL else plus(names)

declare <- function(spec, d) {
  options(survey.lonely.psu = if (is.null(spec$lonely_psu)) "fail" else spec$lonely_psu,
          survey.adjust.domain.lonely = isTRUE(spec$adjust_domain_lonely))
  if (spec$type == "repweights") {
    s <- svrepdesign(data = d, weights = plus(spec$weights), repweights = spec$repweights,
                     type = spec$rep_type, combined.weights = spec$combined)
  } else {
    ids <- if (is.null(spec$ids)) ~1 else plus(spec$ids)
    call <- list(ids = ids, strata = maybe(spec$strata), weights = maybe(spec$weights),
                 fpc = maybe(spec$fpc), data = d, nest = isTRUE(spec$nest))
    if (!is.null(spec$pps)) call$pps <- spec$pps
    s <- do.call(svydesign, call)
    if (spec$type == "as_rep")
      s <- as.svrepdesign(s, type = spec$rep_type, mse = isTRUE(spec$mse),
                          fay.rho = if (is.null(spec$rho)) 0 else spec$rho)
  }
  for (step in spec[["adjust"]]) s <- adjusted(s, step)
  s
}

population <- function(p, by) {
  frame <- data.frame(as.character(unlist(p[[by]])), as.numeric(unlist(p$Freq)))
  names(frame) <- c(by, "Freq")
  frame
}

adjusted <- function(s, step) {
  bounds <- if (is.null(step$bounds)) c(-Inf, Inf) else unlist(step$bounds)
  switch(step$method,
    postStratify = postStratify(s, plus(step$by), population(step$population, step$by)),
    rake = {
      m <- lapply(step$margins, function(m) population(m$population, m$by))
      by <- sapply(step$margins, function(m) m$by)
      levels <- lapply(seq_along(by), function(i) levels(factor(s$variables[[by[i]]])))
      freq <- lapply(seq_along(by), function(i) m[[i]]$Freq[match(levels[[i]], m[[i]][[1]])])
      totals <- c(sum(freq[[1]]), unlist(lapply(freq, function(f) f[-1])))
      names(totals) <- c("(Intercept)", unlist(lapply(seq_along(by), function(i)
        paste0(by[i], levels[[i]][-1]))))
      calibrate(s, plus(by), totals, calfun = "raking", epsilon = 1e-12, maxit = 200)
    },
    calibrate = calibrate(s, as.formula(step$formula), unlist(step$population),
                          calfun = step$calfun, bounds = bounds, epsilon = 1e-12, maxit = 200),
    trim = trimWeights(s, lower = if (is.null(step$lower)) -Inf else step$lower,
                       upper = if (is.null(step$upper)) Inf else step$upper,
                       strict = isTRUE(step$strict)))
}

limited <- function(s, conditions) {
  for (c in conditions) {
    column <- s$variables[[c$col]]
    if (is.factor(column)) column <- as.character(column)
    value <- unlist(c$value)
    keep <- switch(c$op, "==" = column == value, "!=" = column != value, ">" = column > value,
                   ">=" = column >= value, "<" = column < value, "<=" = column <= value,
                   "in" = column %in% value)
    s <- s[which(keep), ]
  }
  s
}

intervals <- function(est, se, df, out) {
  t <- qt(0.975, df); z <- qnorm(0.975)
  c(out, list(df = df, ci_lo_t = est - t * se, ci_hi_t = est + t * se,
              ci_lo_z = est - z * se, ci_hi_z = est + z * se))
}

described <- function(m, s, with_deff = FALSE) {
  est <- as.vector(coef(m)); se <- sqrt(diag(as.matrix(vcov(m))))
  out <- list(names = names(coef(m)), estimate = est, se = as.vector(se),
              vcov = unname(as.matrix(vcov(m))))
  if (with_deff) {
    d <- deff(m)
    out$deff <- as.vector(if (is.matrix(d)) diag(d) else d)
  }
  intervals(est, as.vector(se), degf(s), out)
}

base_of <- function(ask, s) {
  na <- isTRUE(ask$na_rm)
  effect <- if (identical(ask$deff, "replace")) "replace" else isTRUE(ask$deff)
  switch(ask$fn,
    mean = svymean(plus(ask$vars), s, na.rm = na, deff = effect),
    total = svytotal(plus(ask$vars), s, na.rm = na, deff = effect),
    ratio = svyratio(plus(ask$num), plus(ask$den), s, na.rm = na),
    by = by_of(ask, s),
    glm = model_of(ask, s))
}

# Built as a call, because svyglm looks its arguments up again where it was called from. Fitted again
# from its own solution: the covariance holds the working weights of the step before the last.
model_of <- function(ask, s) {
  fit <- function(start)
    eval(bquote(svyglm(.(as.formula(ask$formula)), s, family = .(as.name(ask$family))(),
                       start = .(start), control = list(epsilon = 1e-14, maxit = 100))))
  fit(coef(fit(NULL)))
}

by_of <- function(ask, s) {
  arguments <- list(formula = plus(ask$vars), by = plus(ask$by), design = s,
                    FUN = get(ask$stat), na.rm = isTRUE(ask$na_rm))
  if (inherits(s, "svyrep.design") || !isTRUE(ask$independent)) arguments$covmat <- TRUE
  if (ask$stat == "svyratio") arguments$denominator <- plus(ask$den)
  if (!is.null(ask$deff)) arguments$deff <- if (ask$deff == "replace") "replace" else TRUE
  do.call(svyby, arguments)
}

answer <- function(case) {
  ask <- case$call
  d <- read_data(case$dataset, case$design$factors)
  s <- limited(declare(case$design, d), case$subset)
  switch(ask$fn,
    mean = , total = described(base_of(ask, s), s, !is.null(ask$deff)),
    ratio = {
      m <- base_of(ask, s)
      est <- as.vector(coef(m)); se <- as.vector(SE(m))
      intervals(est, se, degf(s), list(names = names(coef(m)), estimate = est, se = se))
    },
    var = {
      m <- svyvar(plus(ask$vars), s, na.rm = isTRUE(ask$na_rm))
      list(estimate = as.vector(m), se = sqrt(diag(as.matrix(attr(m, "var")))))
    },
    by = {
      m <- by_of(ask, s)
      groups <- unique(interaction(s$variables[unlist(ask$by)]))
      list(names = names(coef(m)), estimate = as.vector(coef(m)),
           se = as.vector(unlist(SE(m))), vcov = unname(as.matrix(vcov(m))),
           df_design = degf(s))
    },
    ciprop = {
      parts <- regmatches(ask$expr, regexec("^(.*)_eq_(.*)$", ask$expr))[[1]]
      f <- as.formula(paste0("~I(", parts[2], "==", parts[3], ")"))
      m <- svyciprop(f, s, method = ask$method)
      list(estimate = as.vector(m), se = as.vector(SE(m)), ci_lo = as.vector(attr(m, "ci"))[1],
           ci_hi = as.vector(attr(m, "ci"))[2], df = degf(s))
    },
    chisq = {
      m <- suppressWarnings(svychisq(plus(ask$vars), s, statistic = ask$statistic))
      list(statistic = as.vector(m$statistic), parameter = as.vector(m$parameter),
           p_value = as.vector(m$p.value))
    },
    gofchisq = {
      m <- svygofchisq(plus(ask$vars), unlist(ask$p), s)
      list(statistic = as.vector(m$statistic), parameter = as.vector(m$parameter),
           p_value = as.vector(m$p.value))
    },
    ttest = {
      m <- eval(bquote(svyttest(.(as.formula(ask$formula)), s)))
      list(estimate = as.vector(m$estimate), t = as.vector(m$statistic),
           df = as.vector(m$parameter), p_value = as.vector(m$p.value), ci = as.vector(m$conf.int))
    },
    ranktest = {
      m <- svyranktest(as.formula(ask$formula), s, test = ask$test)
      if (is.null(m$ddf))
        list(estimate = as.vector(m$estimate), statistic = as.vector(m$statistic),
             df = as.vector(m$parameter), p_value = as.vector(m$p.value))
      else  # the 4.1 fields are named the wrong way round
        list(statistic = as.vector(m$parameter), df = as.vector(m$statistic),
             p_value = as.vector(m$p.value))
    },
    glm = {
      m <- model_of(ask, s)
      wald <- lapply(unlist(ask$terms), function(term) {
        w <- regTermTest(m, as.formula(paste("~", term)))
        list(F = as.vector(w$Ftest), df = w$df, ddf = w$ddf, p = as.vector(w$p))
      })
      names(wald) <- unlist(ask$terms)
      list(names = names(coef(m)), estimate = as.vector(coef(m)), se = as.vector(SE(m)),
           vcov = unname(vcov(m)), df_residual = m$df.residual, wald = wald)
    },
    olr = {
      m <- svyolr(as.formula(ask$formula), s, control = list(reltol = 1e-15, maxit = 1000))
      list(names = names(coef(m)), estimate = as.vector(coef(m)), se = as.vector(SE(m)))
    },
    quantile = {
      rule <- if (is.null(ask$qrule)) "math" else ask$qrule
      m <- svyquantile(plus(ask$vars), s, unlist(ask$q), interval.type = ask$interval,
                       qrule = rule, na.rm = isTRUE(ask$na_rm))
      ci <- confint(m)
      list(q = unlist(ask$q), estimate = as.vector(coef(m)), ci_lo = as.vector(ci[, 1]),
           ci_hi = as.vector(ci[, 2]), se = as.vector(SE(m)))
    },
    contrast = {
      m <- base_of(ask$base, s)
      n <- length(coef(m))
      if (is.null(ask$expr)) {
        k <- unlist(ask$coef)
        est <- sum(k * coef(m)); se <- sqrt(as.vector(t(k) %*% vcov(m) %*% k))
      } else {
        values <- setNames(as.list(as.vector(coef(m))), paste0("b", seq_len(n) - 1))
        g <- deriv(parse(text = gsub("**", "^", ask$expr, fixed = TRUE)), names(values))
        v <- eval(g, values); j <- attr(v, "gradient")
        est <- as.vector(v); se <- sqrt(as.vector(j %*% vcov(m) %*% t(j)))
      }
      df <- degf(s); t <- est / se
      list(estimate = est, se = se, df = df, t = t, p_value = 2 * pt(-abs(t), df))
    },
    alpha = list(alpha = as.vector(svycralpha(plus(ask$vars), s, na.rm = isTRUE(ask$na_rm)))),
    table = {
      m <- svytable(plus(ask$vars), s)
      list(dim = dim(m), dimnames = unname(dimnames(m)), counts = as.vector(m))
    },
    weights = {
      w <- weights(s, "sampling")
      list(n = length(w), sum = sum(w), sum_sq = sum(w^2), min = min(w), max = max(w),
           first = as.vector(w[1:12]), index_sum = sum(w * seq_along(w)))
    })
}

cases <- fromJSON(args[1], simplifyVector = FALSE)
done <- lapply(cases, function(case) {
  case$expected <- tryCatch(answer(case), error = function(e) list(error = conditionMessage(e)))
  case
})
write(toJSON(done, auto_unbox = TRUE, digits = I(16), null = "null", na = "null"), args[3])
